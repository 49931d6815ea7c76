// Two runs on the same folds: the slopes, the difference of their matrices, the classes; and the leaderboard.
import {facts} from "./shell.js";
import {chip, element} from "./text.js";

const get = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 360, HEIGHT = 190, LEFT = 90, RIGHT = 270, TOP = 16, BOTTOM = 150;

export const several = (n, noun) => `${n.toLocaleString()} ${noun}${n === 1 ? "" : "s"}`;
export const signed = (value, digits = 3) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
const share = (value) => `${(100 * value).toFixed(0)} %`;
const chance = (p) => (p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`);
const OTHER_FOLDS = "These two were not tried on the same folds: 'tallyroom run' tries all candidates together.";

function shape(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

export function drawFolds({folds}) {
  get("folds-sub").textContent = folds ? `${several(folds.pairs.length, "fold")}, paired` : "";
  const test = folds?.test;
  get("folds-words").textContent = test ? `${signed(test.difference)}, ${chance(test.p_value)} (corrected resampled t)` : "";
  get("folds-more").textContent = test
    ? `B is better with ${share(test.better)}, worse with ${share(test.worse)}, and the same within ${test.rope} with ${share(test.same)} probability (Bayesian correlated t).`
    : folds ? "One fold tells nothing." : OTHER_FOLDS;
  get("folds").replaceChildren(...(folds?.pairs.length ? [slopes(folds.pairs)] : []));
}

function slopes(pairs) {
  const all = pairs.flat(), least = Math.min(...all), most = Math.max(...all);
  const at = (value) => (most === least ? (TOP + BOTTOM) / 2 : BOTTOM - (BOTTOM - TOP) * (value - least) / (most - least));
  const mean = (side) => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const drawing = shape("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `A ${mean(0).toFixed(3)}, B ${mean(1).toFixed(3)} on ${several(pairs.length, "fold")}`});
  for (const [first, second] of pairs) drawing.append(shape("line", {x1: LEFT, x2: RIGHT, y1: at(first), y2: at(second), class: "slope"}));
  for (const [first, second] of pairs) drawing.append(shape("circle", {cx: LEFT, cy: at(first), r: 4, class: "a"}), shape("circle", {cx: RIGHT, cy: at(second), r: 4, class: "b"}));
  drawing.append(shape("text", {x: LEFT, y: HEIGHT - 12}, `A ${mean(0).toFixed(3)}`), shape("text", {x: RIGHT, y: HEIGHT - 12}, `B ${mean(1).toFixed(3)}`));
  return drawing;
}

function table(className, heads, rows) {
  const cells = heads.map((head) => { const made = element("th", "", head); made.scope = "col"; return made; });
  return element("table", className, element("thead", "", element("tr", "", ...cells)), element("tbody", "", ...rows));
}

function rowHead(...content) {
  const made = element("th", "", ...content);
  made.scope = "row";
  return made;
}

// On the diagonal more is better, beside it fewer.
export function drawMatrix({cells, verdicts, basis}) {
  const of = new Map(cells.map((cell) => [JSON.stringify([cell.truth, cell.predicted]), cell.n]));
  const most = Math.max(1, ...cells.map((cell) => Math.abs(cell.n)));
  const rows = facts.classes.map((truth) => element("tr", "", rowHead(truth), ...facts.classes.map((predicted) => {
    const n = of.get(JSON.stringify([truth, predicted])) ?? 0;
    const made = element("td", n === 0 ? "" : (n > 0) === (truth === predicted) ? "gain" : "loss", n === 0 ? "0" : signed(n, 0));
    made.style.setProperty("--heat", `${Math.round(8 + 34 * Math.abs(n) / most)}%`);
    made.title = `${truth} called ${predicted}`;
    return made;
  })));
  get("matrix").replaceChildren(cells.length ? table("difference", ["is ↓ called →", ...facts.classes], rows) : element("p", "sub", OTHER_FOLDS));
  const where = basis === "predictions" ? "that taught neither" : "of the folds";
  get("mcnemar").textContent = verdicts
    ? `Of ${several(verdicts.judged, "message")} ${where} that people judged, A alone was right on ${verdicts.first}, B alone on ${verdicts.second}: McNemar's ${chance(verdicts.p_value)}, for a single look.`
    : "People have judged no message on which one of the two alone is right.";
}

export function drawClasses({classes}) {
  const rows = classes.map((each) => differenceRow([chip(each.klass, facts)], each, classes.length));
  get("classes").replaceChildren(rows.length ? table("plain", ["class", "A", "B", "B − A", "interval"], rows) : element("p", "sub", OTHER_FOLDS));
}

export function drawKinds(kinds) {
  const rows = kinds.map((each) => differenceRow([`${each.kind} `, element("small", "open", each.n.toLocaleString())], each, kinds.length));
  get("kinds").replaceChildren(rows.length ? table("plain", ["kind", "A", "B", "B − A", "interval"], rows) : element("p", "sub", "Both were tried on no message that is of a kind."));
}

function differenceRow(name, each, looks) {
  const change = element("td", each.settled ? (each.difference > 0 ? "better" : "worse") : "open", signed(each.difference));
  change.title = `${chance(each.p_value)}, corrected for ${looks} looks`;
  const figures = [each.first.toFixed(3), each.second.toFixed(3)].map((figure) => element("td", "", figure));
  return element("tr", "", rowHead(...name), ...figures, change, element("td", "open", `${signed(each.low)} to ${signed(each.high)}`));
}

const bytes = (n) => (n === null ? "not trained on all" : n < 1e6 ? `${Math.round(n / 1e3).toLocaleString()} kB` : `${(n / 1e6).toFixed(1)} MB`);
const ms = (value) => (value === null ? "–" : `${value < 0.01 ? value.toExponential(1) : value.toFixed(3)} ms`);

export function drawBoard({board, first, second}) {
  const rows = board.runs.map((run) => {
    const side = run.run === first ? "A" : run.run === second ? "B" : "";
    const crown = run.run === board.champion ? element("span", "crown", "champion") : "";
    const front = element("td", "front", run.front ? "◆" : "");
    if (run.front) front.setAttribute("aria-label", "nobody beats it in everything");
    const name = rowHead(element("span", `letter ${side.toLowerCase()}`, side), run.title, " ", crown);
    const cells = [`${run.quality.toFixed(4)} ± ${run.half.toFixed(4)}`, bytes(run.size), ms(run.predict_ms), ms(run.fit_ms), run.trained_on.toLocaleString(), `${run.run}`];
    return element("tr", "", name, front, ...cells.map((cell) => element("td", "", cell)));
  });
  get("board").replaceChildren(table("plain", ["model", "", "macro-F1", "size", "predict a message", "fit a message", "messages", "run"], rows));
}
