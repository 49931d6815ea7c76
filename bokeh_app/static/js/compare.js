// The compare page: two runs side by side, and what the office says of them.
import {ask, say, warn} from "./shell.js";
import {element, safeText} from "./text.js";
import {drawBoard, drawClasses, drawFolds, drawKinds, drawMatrix, several} from "./compare_pair.js";
import {drawSettle} from "./compare_settle.js";
import {offer} from "./compare_dialogs.js";
import {Apart} from "./compare_rows.js";

const LOOK_MS = 2_500;
const BOARD_MS = 15_000; // runs come and go slowly
const get = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const apart = new Apart();
const view = {board: null, pair: null, comparison: null, first: Number(asked.get("first")), second: Number(asked.get("second")), id: Number(asked.get("comparison"))};
const drawn = {};
let boardAt = 0;

let chosen = 0; // counts what somebody has chosen: an answer to what was chosen before is dropped

async function look() {
  const mine = chosen;
  try {
    if (Date.now() - boardAt > BOARD_MS) {
      view.board = await ask("compare/board.json");
      boardAt = Date.now();
      choose();
    }
    const comparison = view.id ? await ask(`compare/comparison.json?id=${view.id}`) : null;
    if (mine !== chosen) return;
    view.comparison = comparison;
    if (comparison) [view.first, view.second] = [comparison.first, comparison.second];
    const pair = view.first && view.second ? await ask(`compare/pair.json?first=${view.first}&second=${view.second}`) : null;
    if (mine !== chosen) return;
    view.pair = pair;
    warn("");
    say("live", `as of ${new Date((comparison ?? view.board).at).toLocaleTimeString()}`);
    draw();
    await apart.show(view);
    await showKinds();
  } catch (error) {
    say("away", "no answer");
    warn(`The comparison cannot be read now (${error.message}). ${error.fix ?? ""} What you see is the last that was read.`);
  }
}

// Never new for a pair, and the slowest to be worked out: asked for once, behind all else.
async function showKinds() {
  const {first, second, kindsOf} = view, pair = `${first} ${second}`;
  if (!view.pair || kindsOf === pair) return;
  const {kinds} = await ask(`compare/kinds.json?first=${first}&second=${second}`);
  if (pair !== `${view.first} ${view.second}`) return;
  view.kindsOf = pair;
  drawKinds(kinds);
}

function choose() {
  const known = new Set(view.board.runs.map((run) => run.run));
  const [first, second] = view.board.suggested;
  if (!known.has(view.first)) view.first = first ?? 0;
  if (!known.has(view.second) || view.second === view.first) view.second = [second, first, ...known].find((run) => run && run !== view.first) ?? 0;
}

// Only what has changed is drawn anew: nobody loses the place at which they are.
function changed(name, facts, redraw) {
  const now = JSON.stringify(facts);
  if (drawn[name] === now) return;
  drawn[name] = now;
  redraw();
}

function draw() {
  const {board, pair, comparison} = view;
  get("nothing").hidden = Boolean(pair);
  for (const part of document.querySelectorAll(".versus,.session,.folds,.matrix,.by-class,.apart,.board,.notes")) part.hidden = !pair;
  if (!pair) return;
  changed("choices", [board.runs, board.comparisons, board.champion, view.first, view.second, view.id], drawChoices);
  changed("board", [board.runs, board.champion, view.first, view.second], () => drawBoard(view));
  changed("pair", pair, () => { drawFolds(pair); drawMatrix(pair); drawClasses(pair); });
  changed("settle", [comparison?.settle, comparison?.decisions, pair.first, pair.second], () => drawSettle(comparison, pair));
  changed("notes", [comparison?.notes, comparison?.decisions], drawNotes);
}

function drawChoices() {
  const options = (chosen) => view.board.runs.map((run) => {
    const made = element("option", "", run.title);
    made.value = run.run;
    made.selected = run.run === chosen;
    return made;
  });
  get("first").replaceChildren(...options(view.first));
  get("second").replaceChildren(...options(view.second));
  const role = (run) => (run === view.board.champion ? "champion" : "challenger");
  get("first-role").textContent = role(view.first);
  get("second-role").textContent = role(view.second);
  const none = element("option", "", "none opened: only looking");
  none.value = "0";
  get("comparison").replaceChildren(none, ...view.board.comparisons.map((each) => {
    const made = element("option", "", safeText(each.name));
    made.value = each.id;
    return made;
  }));
  get("comparison").value = String(view.id);
}

function drawNotes() {
  get("note-form").hidden = !view.comparison;
  const {notes = [], decisions = []} = view.comparison ?? {};
  const when = (ms) => new Date(ms).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});
  const rows = [...notes, ...decisions].sort((one, other) => other.at - one.at).map((each) => {
    const what = each.choice ? [element("b", "", each.choice), ": ", safeText(each.reason)] : [safeText(each.text)];
    const on = each.evidence ? `, on ${several(each.evidence.verdicts, "verdict")}` : "";
    const line = element("li", "", element("div", "said", ...what), element("span", "sub", safeText(each.by), `, ${when(each.at)}${on}`));
    line.firstChild.dir = "auto";
    return line;
  });
  get("notes").replaceChildren(...(rows.length ? rows : [element("li", "sub", view.comparison ? "Nothing was said yet." : "Open a comparison (ask the office, or decide) to keep notes.")]));
}

// The address holds what one looks at: a copied link shows the same.
function go(change) {
  Object.assign(view, change);
  const query = new URLSearchParams({page: "compare", ...(view.id ? {comparison: view.id} : {first: view.first, second: view.second})});
  history.replaceState(null, "", `?${query}`);
  apart.forget();
  chosen += 1;
  boardAt = 0;
  return look();
}

for (const side of ["first", "second"]) get(side).addEventListener("change", () => go({[side]: Number(get(side).value), id: 0, comparison: null}));
get("comparison").addEventListener("change", () => go({id: Number(get("comparison").value), comparison: null}));

get("note-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = get("note").value.trim();
  if (!text || !view.comparison) return;
  try {
    await ask("compare/note", {id: view.id, uuid: crypto.randomUUID(), text});
    get("note").value = "";
    await look();
  } catch (error) {
    warn(`The note was not saved: ${error.message}. ${error.fix ?? ""}`);
  }
});

const dialogs = offer(view, go);
document.addEventListener("keydown", (event) => {
  if (!view.pair || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("input,textarea,select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const does = {a: () => !get("ask").disabled && dialogs.ask(), d: dialogs.decide, n: () => get("note").focus()}[event.key.toLowerCase()];
  if (!does) return;
  does();
  event.preventDefault();
});

setInterval(() => { if (!document.hidden && !document.querySelector("dialog[open]")) look(); }, LOOK_MS);
look();
