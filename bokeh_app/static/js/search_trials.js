// The table of a search's trials: in the order that a head was clicked for; each opens its folds.
import {modelName} from "./model_name.js";
import {element, safeText} from "./text.js";

const score = (value) => value.toFixed(4);
const size = (bytes) => bytes === null ? "" : bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
const RANK = {running: 2, done: 1};
const VALUES = {macro_f1: (each) => each.macro_f1 ?? -1, candidate: (each) => each.candidate, state: (each) => each.state, folds: (each) => each.folds, seconds: (each) => each.seconds, bytes: (each) => each.bytes ?? -1};
const opened = new Set();
let by = null, down = true; // null: what runs first, then the best
let redraw = () => null;

// Clicks on the heads; `then` draws the table again.
export function onOrder(then) {
  redraw = then;
  for (const head of document.querySelectorAll("th[data-by]")) head.querySelector("button").addEventListener("click", () => {
    const same = by === head.dataset.by;
    down = same ? !down : !["candidate", "state"].includes(head.dataset.by);
    by = head.dataset.by;
    for (const each of document.querySelectorAll("th[data-by]")) each.setAttribute("aria-sort", each === head ? (down ? "descending" : "ascending") : "none");
    then();
  });
}

function ordered(rows) {
  const best = (one, other) => (other.macro_f1 ?? 0) - (one.macro_f1 ?? 0);
  if (by === null) return rows.sort((one, other) => (RANK[other.state] ?? 0) - (RANK[one.state] ?? 0) || best(one, other));
  const value = VALUES[by], sign = down ? -1 : 1;
  return rows.sort((one, other) => sign * (value(one) < value(other) ? -1 : value(one) > value(other) ? 1 : 0) || best(one, other));
}

export function drawTable(body, rows, {folds, chosen, none}) {
  if (!rows.length) {
    const cell = element("td", "why", none);
    cell.colSpan = 6;
    body.replaceChildren(element("tr", "", cell));
    return;
  }
  body.replaceChildren(...ordered(rows).flatMap((each) => opened.has(each.id) ? [row(each, folds, chosen), inside(each)] : [row(each, folds, chosen)]));
}

function row(each, folds, chosen) {
  const name = element("button", "link", modelName(each.candidate, {most: 72}));
  name.type = "button";
  name.dataset.trial = each.id;
  name.setAttribute("aria-expanded", String(opened.has(each.id)));
  name.addEventListener("click", () => {
    if (!opened.delete(each.id)) opened.add(each.id);
    redraw();
  });
  const why = element("td", "why", element("b", "", safeText(each.state)), each.why ? ": " : "", safeText(each.why ?? ""), each.warm ? " · warm start" : "");
  const bad = each.state === "failed" || each.state === "lost";
  return element("tr", `${bad ? "bad" : ""}${each.state === "done" ? "" : " part"}${each.id === chosen ? " chosen" : ""}`,
    element("td", "n", each.macro_f1 === null ? "–" : score(each.macro_f1)), element("td", "name", name), why,
    element("td", "n", `${each.folds} of ${folds}`), element("td", "n", each.seconds.toFixed(1)), element("td", "n", size(each.bytes)));
}

// Its folds one by one, and where it ran.
function inside(each) {
  const low = Math.min(...each.scores), high = Math.max(...each.scores);
  const list = element("ol", "folds", ...each.scores.map((value, fold) => element("li", "", element("span", "", `fold ${fold + 1} `), score(value))));
  const words = [`worker ${each.worker}`, `began ${new Date(each.began).toLocaleTimeString()}`, ...(each.scores.length > 1 ? [`${(100 * (high - low)).toFixed(2)} points between its best and its worst fold`] : [])];
  const cell = element("td", "inside", modelName(each.candidate, {most: Infinity}), each.scores.length ? list : element("p", "sub", "No fold has ended yet."), element("p", "sub", safeText(words.join(" · "))));
  cell.colSpan = 6;
  return element("tr", "of-trial", cell);
}

// All that is known of trials, as rows for a file.
export function asRows(trials) {
  const heads = ["id", "search", "candidate", "state", "stop", "why", "macro_f1", "folds", "scores", "seconds", "bytes", "warm", "worker", "began", "at"];
  return [heads, ...trials.map((each) => heads.map((name) => name === "scores" ? each.scores.join(" ") : each[name] ?? ""))];
}
