// The threshold explorer. The server sends what each threshold would do; what that costs is counted here, so that the
// slider moves without it. The threshold and the costs are kept in the address.
import {asTable, count, percent} from "../as_table.js";
import {keep, kept} from "../kept.js";
import {opener, rowsOf} from "../opening.js";

const QUIET = {sync: false};
const TABLE_EVERY = 10; // each tenth threshold has a line in the table
const PER = 1000;
const get = (id) => document.getElementById(id);
const number = (text, usual) => (text !== "" && Number.isFinite(Number(text)) && Number(text) >= 0 ? Number(text) : usual);

export function begin(context) {
  const {state, doc} = context;
  const behind = opener(context);
  const slider = get("threshold-at"), mistake = get("threshold-mistake"), look = get("threshold-look");
  if (!slider) return {};
  const chosen = {at: number(kept("t", ""), null), mistake: number(kept("mistake", ""), 10), look: number(kept("look", ""), 1)};
  mistake.value = chosen.mistake;
  look.value = chosen.look;

  const costOf = (row, n) => PER * (row.mistakes * chosen.mistake + (n - row.n) * chosen.look) / n;

  function draw() {
    const rows = rowsOf(state, "threshold.curve"), n = state.words["threshold-n"];
    get("threshold-says").hidden = rows.length === 0;
    if (!rows.length || !n) return;
    const costs = rows.map((row) => costOf(row, n));
    const cheapest = costs.indexOf(Math.min(...costs));
    // A hair above: 0.29 is less than the 0.29 that a hundredth of 29 is.
    const at = chosen.at === null ? cheapest : Math.max(0, rows.findLastIndex((row) => row.at <= chosen.at + 1e-6));
    slider.min = rows[0].at.toFixed(2);
    slider.value = rows[at].at.toFixed(2);
    mark(rows, costs, at, cheapest);
    say(rows[at], costs, at, cheapest, rows, n);
    asTable("threshold", ["from confidence", "decided by the model", "cost for 1,000", "for a person", "decided wrongly"], rows.filter((_, place) => place % TABLE_EVERY === 0 || place === cheapest).map((row) => [
      percent(row.at, 0), percent(row.decided), costOf(row, n).toFixed(0),
      {text: count(n - row.n), say: `of which it is less than ${percent(row.at, 0)} sure: open the messages`, act: () => openBelow(row)},
      {text: count(row.mistakes), say: `wrong from ${percent(row.at, 0)} on: open the messages`, act: () => openWrong(row)},
    ]));
  }

  const openBelow = (row) => behind(row.at > 0 ? {below: row.at} : {});
  const openWrong = (row) => behind({correct: false, ...(row.at > 0 ? {at_least: row.at} : {})});

  function mark(rows, costs, at, cheapest) {
    doc.get_model_by_name("threshold.cost")?.setv({data: {key: rows.map((_, place) => String(place)), at: rows.map((row) => row.at), cost: costs}}, QUIET);
    doc.get_model_by_name("threshold.marks")?.setv({data: {key: ["cheapest", "at"], at: [rows[cheapest].at, rows[at].at], top: [1.03, 1.03], dash: ["dotted", "solid"], alpha: [0.9, 0.9]}}, QUIET);
  }

  function say(row, costs, at, cheapest, rows, n) {
    get("threshold-value").textContent = percent(row.at, 0);
    slider.setAttribute("aria-valuetext", `from ${percent(row.at, 0)} on`);
    get("threshold-decided").textContent = percent(row.decided);
    get("threshold-wrong").textContent = row.n ? percent(row.wrong, 2) : "–";
    get("threshold-interval").textContent = row.n ? `${percent(row.low, 2)} to ${percent(row.high, 2)}` : "nothing is decided";
    get("threshold-cost").textContent = costs[at].toFixed(0);
    const least = get("threshold-cheapest");
    least.textContent = at === cheapest ? "the least there is" : `least: ${costs[cheapest].toFixed(0)}, from ${percent(rows[cheapest].at, 0)}`;
    least.disabled = at === cheapest;
    least.onclick = () => { chosen.at = null; keep({t: ""}); draw(); };
    const person = get("threshold-person"), mistakes = get("threshold-mistakes");
    person.textContent = `${count(n - row.n)} for a person →`;
    person.onclick = () => openBelow(row);
    mistakes.textContent = `${count(row.mistakes)} decided wrongly →`;
    mistakes.onclick = () => openWrong(row);
  }

  function choose(at) {
    chosen.at = at;
    keep({t: String(at)});
    draw();
  }
  slider.addEventListener("input", () => choose(Number(slider.value)));
  for (const [input, name, usual] of [[mistake, "mistake", 10], [look, "look", 1]]) {
    input.addEventListener("input", () => {
      chosen[name] = number(input.value, usual);
      keep({[name]: chosen[name] === usual ? "" : String(chosen[name])});
      draw();
    });
  }
  const plot = doc.get_model_by_name("threshold");
  plot?.on_event?.("tap", (event) => choose(Math.round(100 * Math.min(1, Math.max(0, event.x))) / 100));
  return {draw(changed) { if (changed.has("threshold.curve")) draw(); }};
}
