// Drift: the newest day's classes beside what chance gives them; a day or a class opens its messages.
import {chip, element} from "../text.js";

const get = (id) => document.getElementById(id);
const percent = (share) => `${(100 * share).toFixed(1)} %`;

export function begin({state, doc, facts, view, open}) {
  const of = () => state.words["drift-of"];

  function openDay(predicted, since, until) {
    if (of()?.run == null) return;
    open({run: of().run, against: "predictions", predicted, since, until, ...(view.slice ? {slice: view.slice} : {}), model: of().model});
  }

  for (const name of ["calm", "moved"]) {
    const source = doc.get_model_by_name(`drift.${name}`);
    source?.selected.properties.indices.change.connect(() => {
      const [index] = source.selected.indices;
      if (index === undefined) return;
      const row = state.tables.get(`drift.${name}`).get(String(source.data.key[index]));
      source.selected.setv({indices: []}, {sync: false});
      if (row) openDay(row.grown, row.since, row.until);
    });
  }

  function classRow(each, scale) {
    const bar = element("span", "bar");
    bar.style.setProperty("--class", facts.colors[each.klass] || "var(--mute)");
    for (const [name, share] of [["now", each.now], ["low", each.low], ["high", each.high], ["before", each.before]]) bar.style.setProperty(`--${name}`, `${100 * share / scale}%`);
    bar.append(element("i", "chance"), element("i", "now"), element("i", "before"));
    const words = element("span", each.moved ? "figures moved" : "figures", element("b", "", percent(each.now)), ` was ${percent(each.before)}`);
    const made = element("button", "class-row", chip(each.klass, facts), words, bar);
    made.type = "button";
    made.setAttribute("aria-label", `${each.klass}: ${percent(each.now)}, before ${percent(each.before)}, chance gives ${percent(each.low)} to ${percent(each.high)}; open the day's messages`);
    made.onclick = () => openDay(each.klass, of().since, of().until);
    return made;
  }

  function drawAll() {
    const found = of();
    const place = get("drift-classes");
    if (!found || !place) return;
    const focused = [...place.children].indexOf(document.activeElement);
    const scale = Math.max(0.01, ...found.classes.map((each) => Math.max(each.now, each.high)));
    place.replaceChildren(...found.classes.map((each) => classRow(each, scale)));
    if (focused >= 0) place.children[focused]?.focus();
    get("drift-numbers").textContent = found.distance === null ? "Nothing to compare yet." : `distance ${found.distance} (chance: up to ${found.chance}) · PSI ${found.psi} · evidence ${found.evidence}`;
    get("drift-note").dataset.state = found.state;
    doc.get_model_by_name("drift")?.y_range.setv({end: found.top}, {sync: false});
  }

  return {draw: drawAll};
}
