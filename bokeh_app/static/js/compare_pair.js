// Two runs on the same folds: the slopes, the difference of their matrices, the classes and kinds. Each opens its messages.
import {facts} from "./shell.js";
import {chip, element} from "./text.js";
import {letter} from "./compare_letters.js";

const get = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 360, HEIGHT = 190, LEFT = 50, RIGHT = 310, TOP = 16, BOTTOM = 150;

export const several = (n, noun) => `${n.toLocaleString()} ${noun}${n === 1 ? "" : "s"}`;
export const signed = (value, digits = 3) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
export const share = (value) => `${(100 * value).toFixed(0)} %`;
export const chance = (p) => (p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`);
const APART = {
  "other labels": "The two were told other labels: their folds cannot be paired, nor their matrices subtracted. 'tallyroom run' tries all candidates together.",
  "other folds": "The two were tried on other folds: they cannot be paired. 'tallyroom run' tries all candidates together.",
  "other messages": "The two were tried on folds of the same sizes, but not of the same messages: they cannot be paired. 'tallyroom run' tries all candidates together.",
};
export const apartWords = (together) => APART[together] ?? "";

export function shape(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

export function drawFolds({pair, field}) {
  const {folds, together} = pair, test = folds?.test;
  const paired = field.runs.filter((run) => run.together === "same");
  get("folds-sub").textContent = folds ? `${several(folds.pairs.length, "fold")}, paired` : "";
  get("folds-words").textContent = test ? `${signed(test.difference)}, ${chance(test.p_value)} (corrected resampled t)` : "";
  get("folds-more").textContent = test
    ? `B is better with ${share(test.better)}, worse with ${share(test.worse)}, and the same within ${test.rope} with ${share(test.same)} probability (Bayesian correlated t).`
    : folds ? "One fold tells nothing." : APART[together];
  get("folds").replaceChildren(...(folds?.pairs.length ? [slopes(field.runs, paired)] : []));
  get("folds").closest("section").rows = [["model", ...(paired[0]?.folds ?? []).map((_, fold) => `fold ${fold + 1}`)], ...paired.map((run) => [run.title, ...run.folds])];
}

// A column a run, a line a fold.
function slopes(runs, paired) {
  const all = paired.flatMap((run) => run.folds), least = Math.min(...all), most = Math.max(...all);
  const y = (value) => (most === least ? (TOP + BOTTOM) / 2 : BOTTOM - (BOTTOM - TOP) * (value - least) / (most - least));
  const x = (column) => (paired.length === 1 ? (LEFT + RIGHT) / 2 : LEFT + (RIGHT - LEFT) * column / (paired.length - 1));
  const names = paired.map((run) => letter(runs.indexOf(run)));
  const told = paired.map((run, column) => `${names[column]} ${run.mean.toFixed(3)}`);
  const drawing = shape("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${told.join(", ")} on ${several(paired[0].folds.length, "fold")}`});
  paired[0].folds.forEach((_, fold) => drawing.append(shape("polyline", {points: paired.map((run, column) => `${x(column)},${y(run.folds[fold])}`).join(" "), class: "slope"})));
  paired.forEach((run, column) => {
    for (const value of run.folds) drawing.append(shape("circle", {cx: x(column), cy: y(value), r: 4, class: names[column].toLowerCase()}));
    drawing.append(shape("text", {x: x(column), y: HEIGHT - 12}, told[column]));
  });
  return drawing;
}

export function table(className, heads, rows) {
  const cells = heads.map((head) => { const made = element("th", "", head); made.scope = "col"; return made; });
  return element("table", className, element("thead", "", element("tr", "", ...cells)), element("tbody", "", ...rows));
}

export function rowHead(...content) {
  const made = element("th", "", ...content);
  made.scope = "row";
  return made;
}

// What opens its messages: the part that it stands for is on it.
function opens(made, part, name, select, ...content) {
  const button = element("button", "part", ...content);
  button.type = "button";
  button.setAttribute("aria-label", name);
  button.setAttribute("aria-pressed", "false");
  made.dataset.part = JSON.stringify(part);
  button.addEventListener("click", () => select(button.getAttribute("aria-pressed") === "true" ? {} : part));
  made.append(button);
  return made;
}

// On the diagonal more is better, beside it fewer.
export function drawMatrix({cells, together, verdicts, basis}, select) {
  const of = new Map(cells.map((cell) => [JSON.stringify([cell.truth, cell.predicted]), cell]));
  const most = Math.max(1, ...cells.map((cell) => Math.abs(cell.n)));
  const cellOf = (truth, predicted) => {
    const {n, apart} = of.get(JSON.stringify([truth, predicted])) ?? {n: 0, apart: 0};
    const made = element("td", n === 0 ? "" : (n > 0) === (truth === predicted) ? "gain" : "loss");
    made.style.setProperty("--heat", `${Math.round(8 + 34 * Math.abs(n) / most)}%`);
    const name = `${truth} called ${predicted}: ${n === 0 ? "as many" : signed(n, 0)}, ${several(apart, "message")} on which they differ`;
    made.title = name;
    return opens(made, {truth, predicted}, name, select, n === 0 ? "0" : signed(n, 0));
  };
  const rows = facts.classes.map((truth) => element("tr", "", rowHead(truth), ...facts.classes.map((predicted) => cellOf(truth, predicted))));
  get("matrix").replaceChildren(together === "same" ? table("difference", ["is ↓ called →", ...facts.classes], rows) : element("p", "sub", APART[together]));
  const where = basis === "predictions" ? "that taught neither" : "of the folds";
  get("mcnemar").textContent = verdicts
    ? `Of ${several(verdicts.judged, "message")} ${where} that people judged, A alone was right on ${verdicts.first}, B alone on ${verdicts.second}: McNemar's ${chance(verdicts.p_value)}, for a single look.`
    : "People have judged no message on which one of the two alone is right.";
}

export function drawClasses({classes, together}, select) {
  const rows = classes.map((each) => differenceRow(opens(rowHead(), {truth: each.klass}, `${each.klass}: the messages`, select, chip(each.klass, facts)), each, classes.length));
  get("classes").replaceChildren(rows.length ? table("plain", ["class", "A", "B", "B − A", "interval"], rows) : element("p", "sub", APART[together]));
}

export function drawKinds(kinds, select) {
  const rows = kinds.map((each) => differenceRow(opens(rowHead(), {kind: each.kind}, `${each.kind}: the messages`, select, `${each.kind} `, element("small", "open", each.n.toLocaleString())), each, kinds.length));
  get("kinds").replaceChildren(rows.length ? table("plain", ["kind", "A", "B", "B − A", "interval"], rows) : element("p", "sub", "Both were tried on no message that is of a kind."));
}

function differenceRow(head, each, looks) {
  const change = element("td", each.settled ? (each.difference > 0 ? "better" : "worse") : "open", signed(each.difference));
  change.title = `${chance(each.p_value)}, corrected for ${looks} looks`;
  const figures = [each.first.toFixed(3), each.second.toFixed(3)].map((figure) => element("td", "", figure));
  return element("tr", "", head, ...figures, change, element("td", "open", `${signed(each.low)} to ${signed(each.high)}`));
}
