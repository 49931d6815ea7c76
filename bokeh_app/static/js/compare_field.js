// All picked runs, each against the first; and the leaderboard, where they are picked.
import {element} from "./text.js";
import {letter} from "./compare_letters.js";
import {modelName} from "./model_name.js";
import {apartWords, chance, rowHead, several, shape, share, signed, table} from "./compare_pair.js";

const get = (id) => document.getElementById(id);
const MOST = 8;
const SIDE = 68, EDGE = 8;
let picked = () => null;

export function onPick(does) { picked = does; }

const mark = (place) => element("span", `letter ${letter(place).toLowerCase()}`, letter(place));

export function drawField({field: {runs}}) {
  const rows = runs.map((run, place) => {
    const {calibration, against} = run, test = against?.test;
    const change = element("td", test ? (against.settled ? (test.difference > 0 ? "better" : "worse") : "open") : "open", test ? signed(test.difference, 4) : place ? "–" : "");
    const told = test ? [`${signed(test.low, 4)} to ${signed(test.high, 4)}`, chance(against.p_value), `${share(test.better)} · ${share(test.same)} · ${share(test.worse)}`] : [place ? element("span", "apart-mark", run.together) : "", "", ""];
    const figure = element("td", "reliability", ...(calibration ? [diagram(calibration, place)] : []));
    const quality = run.mean === null ? "–" : run.mean.toFixed(4);
    const error = calibration ? `${(100 * calibration.error).toFixed(1)} points` : "–";
    return element("tr", "", rowHead(mark(place), modelName(run.title)), element("td", "", quality), change, ...told.map((each) => element("td", "open", each)), element("td", "", error), figure);
  });
  get("field").replaceChildren(table("plain", ["model", "macro-F1", "minus A", "interval", "p", "better · same · worse", "calibration error", "how sure → how right"], rows));
  const apart = [...new Set(runs.filter((run) => run.together !== "same").map((run) => run.together))];
  const rope = runs.find((run) => run.against)?.against.test.rope;
  const equal = rope === undefined ? "" : `'Same' is within ${rope} (Bayesian correlated t). `;
  get("field-words").textContent = `${equal}Calibration error: by how much a model is surer, or less sure, than it is right, on messages it was not trained on (expected calibration error, ten bins).${apart.map((each) => ` ${apartWords(each)}`).join("")}`;
}

// On the line a model is right as often as it is sure; the larger a point, the more messages.
function diagram({bins, n, error}, place) {
  const at = (value) => EDGE + (SIDE - 2 * EDGE) * value, up = (value) => SIDE - at(value);
  const name = `right as often as sure within ${(100 * error).toFixed(1)} points on ${several(n, "message")}`;
  const drawing = shape("svg", {viewBox: `0 0 ${SIDE} ${SIDE}`, width: SIDE, height: SIDE, role: "img", "aria-label": name});
  drawing.append(shape("line", {x1: at(0), y1: up(0), x2: at(1), y2: up(1), class: "even"}));
  for (const bin of bins) {
    const point = shape("circle", {cx: at(bin.sure), cy: up(bin.right), r: 2 + 5 * Math.sqrt(bin.n / n), class: letter(place).toLowerCase()});
    point.append(shape("title", {}, `${several(bin.n, "message")}: ${share(bin.sure)} sure, ${share(bin.right)} right`));
    drawing.append(point);
  }
  return drawing;
}

const bytes = (n) => (n === null ? "not trained on all" : n < 1e6 ? `${Math.round(n / 1e3).toLocaleString()} kB` : `${(n / 1e6).toFixed(1)} MB`);
const ms = (value) => (value === null ? "–" : `${value < 0.01 ? value.toExponential(1) : value.toFixed(3)} ms`);

export function drawBoard({board, runs, id}) {
  const first = board.runs.find((run) => run.run === runs[0]);
  const rows = board.runs.map((run) => boardRow(run, {first, place: runs.indexOf(run.run), champion: board.champion, fixed: id !== 0, full: runs.length >= MOST}));
  get("board").replaceChildren(table("plain", ["pick", "model", "", "macro-F1", "folds", "size", "predict a message", "fit a message", "messages", "where people judged", "run"], rows));
  const others = board.runs.filter((run) => first && run.trial !== first.trial).length;
  get("board-words").textContent = others ? `${several(others, "model")} of ${board.runs.length} ${others === 1 ? "was" : "were"} not tried on A's folds: what is marked is no score to hold against A's.` : "";
}

function boardRow(run, {first, place, champion, fixed, full}) {
  const box = element("input");
  box.type = "checkbox";
  box.checked = place >= 0;
  box.disabled = fixed || place === 0 || place === 1 || (full && place < 0);
  box.title = fixed ? "the models of a session were picked when it was opened" : place === 0 || place === 1 ? "A and B are chosen above" : "";
  box.setAttribute("aria-label", `pick ${run.title}`);
  box.addEventListener("change", () => picked(run.run, box.checked));
  const front = element("td", "front", run.front ? "◆" : "");
  if (run.front) front.setAttribute("aria-label", "nobody on the same folds beats it in everything");
  const crown = run.run === champion ? element("span", "crown", "champion") : "";
  const same = !first || run.trial === first.trial;
  const folds = element("td", "open", ...(same ? [String(run.folds)] : [element("span", "apart-mark", run.labels === first.labels ? "other folds" : "other labels")]));
  const quality = element("td", same ? "" : "open", `${run.quality.toFixed(4)} ± ${run.half.toFixed(4)}`);
  const cells = [bytes(run.size), ms(run.predict_ms), ms(run.fit_ms), withSmall(run.trained_on.toLocaleString(), run.whose.origins), onPeople(run.whose), `${run.run}`];
  return element("tr", "", element("td", "", box), rowHead(mark(place), modelName(run.title), " ", crown), front, quality, folds, ...cells.map((cell) => (cell instanceof Node ? cell : element("td", "", cell))));
}

const withSmall = (words, more) => element("td", "", words, ...(more ? [element("small", "whose", more)] : []));

// Its score on the messages alone whose class people have told, each held out.
function onPeople({origins, judged, macro_f1}) {
  if (!origins) return withSmall("–", "");
  if (!macro_f1) return withSmall("–", judged ? `${judged.toLocaleString()} judged: too few to say` : "none judged by people");
  return withSmall(macro_f1[0].toFixed(4), `${macro_f1[1].toFixed(3)} to ${macro_f1[2].toFixed(3)}, of ${judged.toLocaleString()}`);
}
