// The compare page: runs side by side, and what the office says of two of them. A session moves for all who have it open.
import {isTyping} from "./typing.js";
import {ask, say, there, warn} from "./shell.js";
import {follow} from "./feed.js";
import {drawClasses, drawFolds, drawKinds, drawMatrix} from "./compare_pair.js";
import {drawBoard, drawField, onPick} from "./compare_field.js";
import {drawChoices, drawNotes} from "./compare_words.js";
import {drawSettle} from "./compare_settle.js";
import {offer} from "./compare_dialogs.js";
import {Apart} from "./compare_rows.js";
import {Company, inSession} from "./compare_company.js";
import {offerFiles} from "./figure_menu.js";
import {queryOf, viewOf} from "./compare_address.js";

const get = (id) => document.getElementById(id);
const view = {board: null, pair: null, field: null, comparison: null, ...viewOf(location.search)};
const apart = new Apart(view);
const company = new Company(view, {moved: (part) => select(part, {share: false}), drawn: drawSelection});
const drawn = {};
let chosen = 0; // counts what somebody has chosen: an answer to what was chosen before is dropped
let kindsOf = "";

async function look({board = false} = {}) {
  const mine = chosen;
  try {
    if (board || !view.board) {
      view.board = await ask("compare/board.json");
      choose();
    }
    if (view.id && (board || !view.comparison)) {
      const comparison = await ask(`compare/comparison.json?id=${view.id}`);
      if (mine !== chosen) return;
      heed(comparison);
    }
    const {first, second} = view;
    if (first && second) {
      const [pair, field] = await Promise.all([ask(`compare/pair.json?first=${first}&second=${second}`), ask(`compare/field.json?runs=${view.runs.join(",")}`)]);
      if (mine !== chosen) return;
      Object.assign(view, {pair, field});
    }
    warn("");
    draw();
    await apart.show();
    await showKinds();
    there();
    drawSelection();
  } catch (error) {
    if (mine !== chosen) return;
    if (view.pair) there();
    say("away", "no answer");
    warn(`The comparison cannot be read now (${error.message}). ${error.fix ?? ""} What you see is the last that was read.`);
  }
}

// Never new for a pair, and the slowest to be worked out: asked for once, behind all else.
async function showKinds() {
  const pair = `${view.first} ${view.second}`;
  if (!view.pair || kindsOf === pair) return;
  const {kinds} = await ask(`compare/kinds.json?first=${view.first}&second=${view.second}`);
  if (pair !== `${view.first} ${view.second}`) return;
  kindsOf = pair;
  drawKinds(kinds, select);
}

function choose() {
  const known = new Set(view.board.runs.map((run) => run.run)), [first, second] = view.board.suggested;
  if (!known.has(view.first)) view.first = first ?? 0;
  if (!known.has(view.second) || view.second === view.first) view.second = [second, first, ...known].find((run) => run && run !== view.first) ?? 0;
  view.runs = [...new Set([view.first, view.second, ...view.runs])].filter((run) => known.has(run));
}

// A comparison as it stands: pushed, or asked for.
function heed(comparison) {
  if (comparison.at < (view.comparison?.at ?? 0)) return; // on its way for longer than what came by the socket
  view.comparison = comparison;
  [view.first, view.second, view.runs] = [comparison.first, comparison.second, comparison.runs];
  company.heed(comparison);
  company.draw();
}

const feed = follow("compare/feed", (message) => {
  if (message.kind === "board") look({board: true});
  if (message.kind !== "comparison" || message.id !== view.id) return false;
  heed(message);
  if (!view.pair) return false;
  draw();
  apart.show().catch(() => null).then(drawSelection); // a line that broke tells of itself
  drawSelection();
  return false;
}, {query: () => `comparison=${view.id}`, onBack: () => look({board: true}), words: (behind) => inSession(view) ?? `live, ${behind} s behind the store`});

// Only what has changed is drawn anew: nobody loses the place at which they are.
function changed(name, facts, redraw) {
  const now = JSON.stringify(facts);
  if (drawn[name] === now) return;
  drawn[name] = now;
  redraw();
}

function draw() {
  const {board, pair, field, comparison} = view;
  get("nothing").hidden = Boolean(pair);
  for (const part of document.querySelectorAll(".versus,.session,.folds,.matrix,.by-class,.apart,.field,.board,.notes")) part.hidden = !pair;
  if (!pair) return;
  changed("choices", [board.runs, board.comparisons, board.champion, view.first, view.second, view.runs, view.id, comparison?.name], () => drawChoices(view));
  changed("board", [board.runs, board.champion, view.runs, view.id], () => drawBoard(view));
  changed("field", [field, pair], () => { drawFolds(view); drawField(view); });
  changed("pair", pair, () => { drawMatrix(pair, select); drawClasses(pair, select); });
  changed("settle", [comparison?.settle, comparison?.decisions, pair.first, pair.second], () => drawSettle(comparison, pair));
  changed("notes", [view.id, comparison?.notes, comparison?.decisions], () => drawNotes(view));
  company.draw(); // also where nobody looks at a session any more
}

// Somebody selects a part, or the others move: the page shows it, and the address holds it.
function select(part, {share = true} = {}) {
  view.part = part;
  history.replaceState(null, "", `?${queryOf(view)}`);
  apart.forget();
  apart.show().catch((error) => warn(`The messages cannot be shown: ${error.message}. ${error.fix ?? ""}`)).then(drawSelection);
  drawSelection();
  if (share) company.share(part);
}

function drawSelection() { company.drawSelection(); }

// The address holds what one looks at: a copied link shows the same.
function go(change) {
  if ("id" in change && change.id !== view.id) Object.assign(view, {comparison: null, part: {}});
  Object.assign(view, change);
  chosen += 1;
  company.leave(view.id);
  feed.look();
  history.replaceState(null, "", `?${queryOf(view)}`);
  apart.forget();
  return look({board: true});
}

function choosePair(side, run) {
  const other = side === "first" ? "second" : "first";
  const swap = view[other] === run ? {[other]: view[side]} : {};
  const pair = {[side]: run, ...swap}, {first, second} = {first: view.first, second: view.second, ...pair};
  return go({...pair, runs: [...new Set([first, second, ...view.runs])], id: 0, part: {}});
}

for (const side of ["first", "second"]) get(side).addEventListener("change", () => choosePair(side, Number(get(side).value)));
onPick((run, on) => go({runs: on ? [...view.runs, run] : view.runs.filter((each) => each !== run), id: 0}));
get("comparison").addEventListener("change", () => go({id: Number(get("comparison").value)}));
apart.onPoint((message) => select({...view.part, message}));
get("clear").addEventListener("click", () => select({}));
get("there").addEventListener("click", () => company.goThere());
get("copy").addEventListener("click", () => navigator.clipboard?.writeText(location.href).then(() => say("live", "its link is copied")));

get("note-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = get("note").value.trim();
  if (!text || !view.comparison) return;
  try {
    await ask("compare/note", {id: view.id, uuid: crypto.randomUUID(), text});
    get("note").value = "";
  } catch (error) {
    warn(`The note was not saved: ${error.message}. ${error.fix ?? ""}`);
  }
});

const dialogs = offer(view, go);
document.addEventListener("keydown", (event) => {
  if (!view.pair || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.type !== "checkbox" && isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const does = {
    a: () => !get("ask").disabled && dialogs.ask(), d: dialogs.decide, o: () => !get("open").hidden && dialogs.open(),
    n: () => !get("note-form").hidden && get("note").focus(), f: () => view.id && get("follow").click(), escape: () => select({}),
  }[event.key.toLowerCase()];
  if (!does) return;
  does();
  event.preventDefault();
});

offerFiles();
look();
