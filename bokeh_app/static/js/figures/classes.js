// Classes over time: by what they are counted, dragging over hours narrows the page, a click opens a class's messages.
import {element} from "../text.js";
import {rangeOf} from "../views.js";

const HOUR_MS = 3_600_000, TABLE_MOST = 60;
const SAYS = {predicted: "as the model calls them; the office's verdicts as dots", verdicts: "as the office has judged them", rules: "as the rules vote"};
const get = (id) => document.getElementById(id);

export function begin({state, doc, facts, view, show, open}) {
  const plot = doc.get_model_by_name("classes");
  const of = () => state.words["classes-of"];
  const points = () => [...(state.tables.get("classes.hours")?.values() ?? [])];

  // The row of the time that was clicked, and the class whose area is there.
  function behind(x, y) {
    const rows = points();
    if (!rows.length) return null;
    const row = rows.find((each) => each.since <= x && x < each.until) ?? rows.reduce((best, each) => (Math.abs(each.at - x) < Math.abs(best.at - x) ? each : best));
    const at = facts.classes.findIndex((_, number) => row[`to_${number}`] <= y && y <= row[`to_${number + 1}`]);
    return at < 0 ? null : {row, klass: facts.classes[at]};
  }

  function openClass(row, klass) {
    if (of()?.run == null || view.series !== "predicted") return;
    open({run: of().run, against: "predictions", predicted: klass, since: row.since, until: row.until, ...(view.slice ? {slice: view.slice} : {}), model: of().model});
  }

  const narrow = (from, to) => show({when: rangeOf(from, Math.max(from, to))});

  plot?.on_event?.("selectiongeometry", (event) => {
    if (!event.final || event.geometry?.x0 === undefined) return;
    const {x0, x1} = event.geometry;
    narrow(Math.min(x0, x1), Math.max(x0, x1));
  });
  plot?.on_event?.("tap", (event) => {
    const found = behind(event.x, event.y);
    if (found) openClass(found.row, found.klass);
  });

  for (const button of document.querySelectorAll("[data-choose]")) button.addEventListener("click", () => show({[button.dataset.choose]: button.dataset.value}));
  get("classes-range")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = ["classes-from", "classes-to"].map((id) => new Date(get(id).value).getTime());
    if (!Number.isNaN(from) && !Number.isNaN(to)) narrow(Math.min(from, to), Math.max(from, to));
  });

  function drawChoices() {
    const chosen = {series: view.series, unit: of()?.unit ?? view.unit, scale: view.scale};
    for (const button of document.querySelectorAll("[data-choose]")) button.setAttribute("aria-pressed", String(chosen[button.dataset.choose] === button.dataset.value));
    const sub = get("classes-sub");
    if (get("classes-table")) {
      sub.hidden = false;
      sub.textContent = view.slice && view.series !== "predicted" ? "Of a slice only the model's classes are counted." : `messages by the ${of()?.unit ?? "hour"}, ${SAYS[view.series]}`;
    }
  }

  function drawScale() {
    if (!plot || !of()) return;
    plot.y_range.setv({end: of().top}, {sync: false});
    for (const model of [...plot.left, doc.get_model_by_name("classes-upper")]) model?.setv?.({visible: view.scale === "counts"}, {sync: false});
  }

  const named = (ms) => new Date(ms).toLocaleString([], of()?.unit === "hour" ? {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"} : {weekday: "short", day: "numeric", month: "short"});

  function button(words, label, onClick, key) {
    const made = element("button", "link", words);
    made.type = "button";
    made.dataset.at = key;
    made.setAttribute("aria-label", label);
    made.onclick = onClick;
    return made;
  }

  function drawTable() {
    const place = get("classes-table");
    if (!place) return;
    const focused = document.activeElement?.dataset?.at;
    const rows = [...new Map(points().map((row) => [row.since, row])).values()].reverse().slice(0, TABLE_MOST);
    const table = element("table", "");
    table.append(element("tr", "", element("th", "", "from"), ...facts.classes.map((klass) => element("th", "", klass))));
    for (const row of rows) {
      const when = named(row.since);
      const line = element("tr", "", element("th", "", button(when, `narrow the page to ${when}`, () => narrow(row.since, row.until - HOUR_MS), `${row.since}`)));
      facts.classes.forEach((klass, number) => {
        const n = row.counts[number].toLocaleString("en");
        const opens = view.series === "predicted" && of()?.run != null;
        line.append(element("td", "", opens ? button(n, `${n} ${klass} from ${when}: open the messages`, () => openClass(row, klass), `${row.since}|${klass}`) : n));
      });
      table.append(line);
    }
    place.replaceChildren(table);
    if (focused) place.querySelector(`[data-at="${CSS.escape(focused)}"]`)?.focus();
  }

  const drawAll = () => { drawChoices(); drawScale(); drawTable(); };
  drawChoices();
  return {
    draw(changed) { if (["classes.hours", "classes.names"].some((name) => changed.has(name)) || changed.size === 0) drawAll(); else drawScale(); },
    onView: drawChoices,
  };
}
