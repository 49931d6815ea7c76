// The live page: the feed's rows into the figures, its words into the cards.
import {bodyOf, chip, element} from "./text.js";
import {facts, onTheme, route} from "./shell.js";
import {follow} from "./feed.js";
import {drawAlarms} from "./alarms.js";
import {openDrawer} from "./drawer.js";
import {show, State} from "./sources.js";

const state = new State();
let doc = null;
let against = localStorage.getItem("tallyroom.against") || "folds";

async function bokehDocument() {
  for (;;) {
    const found = globalThis.Bokeh?.documents?.find((each) => each.roots().length > 0);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function paint(theme) {
  if (!doc) return;
  const at = theme === "dark" ? 1 : 0;
  for (const model of doc._all_models.values()) {
    for (const tag of model.tags) {
      if (!tag?.paint) continue;
      const values = {};
      for (const [property, token] of Object.entries(tag.paint instanceof Map ? Object.fromEntries(tag.paint) : tag.paint)) values[property] = facts.tokens[token][at];
      model.setv(values, {sync: false});
    }
  }
}

function draw(changed) {
  for (const [name, change] of changed) {
    if (name === "verdicts") drawVerdicts();
    else if (name === "alarms") drawAlarms(state.tables.get(name));
    else {
      const source = doc.get_model_by_name(name);
      if (source) show(source, state.tables.get(name), change);
    }
    if (name.startsWith("confusion.")) drawTable();
    if (name === "curves.names") drawLegend();
  }
  for (const place of document.querySelectorAll("[data-word]")) {
    const word = state.words[place.dataset.word];
    if (word !== undefined && place.textContent !== word) place.textContent = word;
  }
  for (const empty of document.querySelectorAll("[data-unless]")) {
    const full = Boolean(state.words[empty.dataset.unless]);
    empty.hidden = full;
    const figure = empty.parentElement.querySelector(".figure, ol");
    if (figure) figure.classList.toggle("veil", !full);
  }
  drawConfusion();
}

// On a phone the names of the curves stand below them: beside them they would take half of the figure.
const narrow = matchMedia("(max-width: 600px)");
narrow.addEventListener("change", nameCurves);

function nameCurves() {
  for (const model of doc._all_models.values()) if (model.name === "curve-names") model.setv({visible: !narrow.matches}, {sync: false});
}

function drawLegend() {
  const place = document.getElementById("curves-legend");
  place?.replaceChildren(...[...state.tables.get("curves.names").values()].sort((one, other) => other.y - one.y).map((row) => {
    const item = element("li", "", row.text);
    item.style.color = row.color;
    return item;
  }));
}

function drawVerdicts() {
  const list = document.getElementById("verdicts");
  if (!list) return;
  const shown = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const first = shown.size === 0;
  list.replaceChildren(...[...state.tables.get("verdicts")].map(([key, row]) => shown.get(key) ?? verdict(key, row, !first)));
}

function verdict(key, row, isNew) {
  let note = "no prediction";
  if (row.shown) note = row.shown === row.klass ? "confirmed" : `was ${row.shown}`;
  else if (row.blind) note = "judged blind";
  const who = element("span", row.shown && row.shown !== row.klass ? "who changed" : "who", note);
  who.title = `by ${row.person}`;
  if (row.simulated) who.append(" ", element("span", "simulated", "simulated"));
  const item = element("li", isNew ? "new" : "", bodyOf(row.body), chip(row.klass, facts), who);
  item.dataset.key = key;
  return item;
}

function drawConfusion() {
  const words = state.words[`confusion-${against}`];
  const place = document.getElementById("confusion-sub");
  if (!words || !place) return;
  const nothing = words.total === 0;
  place.textContent = nothing ? "" : against === "folds"
    ? `${words.model} on messages it was not trained on · share of each row`
    : `${words.model} against the office's verdicts · share of each row`;
  document.getElementById("confusion-figure").classList.toggle("veil", nothing);
  const empty = document.getElementById("confusion-empty");
  empty.hidden = !nothing;
  empty.textContent = against === "folds"
    ? "No fold is finished yet. It fills while the benchmark runs."
    : "The office has judged no message that this model has predicted. Review changes that.";
  const most = document.getElementById("confusion-most");
  most.hidden = !words.most;
  if (words.most) {
    most.textContent = `Most often wrong: ${words.most.n.toLocaleString("en")} ${words.most.truth} called ${words.most.predicted} →`;
    most.onclick = () => open(words.most.truth, words.most.predicted);
  }
  for (const name of ["folds", "verdicts"]) {
    for (const model of [...(doc?._all_models.values() ?? [])]) {
      if (model.name === `cells-${name}` || model.name === `words-${name}`) model.setv({visible: name === against}, {sync: false});
    }
  }
  for (const button of document.querySelectorAll("[data-against]")) button.setAttribute("aria-pressed", String(button.dataset.against === against));
}

// The same as a table of buttons: for the keyboard and for readers of the screen.
function drawTable() {
  const place = document.getElementById("confusion-table");
  const rows = state.tables.get(`confusion.${against}`);
  if (!place || !rows) return;
  const focused = document.activeElement?.dataset?.cell;
  const table = element("table", "");
  const head = element("tr", "", element("th", "", "is ↓ called →"), ...facts.classes.map((klass) => element("th", "", klass)));
  table.append(head);
  for (const truth of facts.classes) {
    const line = element("tr", "", element("th", "", truth));
    for (const klass of facts.classes) {
      const row = rows.get(`${truth}|${klass}`);
      const button = element("button", "link", row ? row.count : "0");
      button.type = "button";
      button.dataset.cell = `${truth}|${klass}`;
      button.setAttribute("aria-label", `${row?.count ?? 0} ${truth} called ${klass}: open the messages`);
      button.onclick = () => open(truth, klass);
      line.append(element("td", "", button));
    }
    table.append(line);
  }
  place.replaceChildren(table);
  if (focused) place.querySelector(`[data-cell="${CSS.escape(focused)}"]`)?.focus();
}

function open(truth, predicted) {
  const words = state.words[`confusion-${against}`];
  if (words?.run != null) openDrawer({run: words.run, against, truth, predicted, model: words.model}, facts);
}

function listenToCells() {
  for (const name of ["verdicts", "folds"]) {
    const source = doc.get_model_by_name(`confusion.${name}`);
    source?.selected.properties.indices.change.connect(() => {
      const [index] = source.selected.indices;
      if (index === undefined) return;
      const [truth, predicted] = source.data.key[index].split("|");
      source.selected.setv({indices: []}, {sync: false});
      if (name === against) open(truth, predicted);
    });
  }
}

for (const button of document.querySelectorAll("[data-against]")) {
  button.addEventListener("click", () => {
    against = button.dataset.against;
    localStorage.setItem("tallyroom.against", against);
    drawTable();
    drawConfusion();
  });
}

doc = await bokehDocument();
onTheme(paint);
nameCurves();
listenToCells();
follow((message) => draw(state.apply(message)));
globalThis.tallyroom = {state, doc, route};
