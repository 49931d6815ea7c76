// The live page: the feed's rows into the figures, its words into the cards.
import {facts, onTheme, route} from "./shell.js";
import {follow} from "./feed.js";
import {drawAlarms} from "./alarms.js";
import {drawVerdicts} from "./verdicts.js";
import {openDrawer} from "./drawer.js";
import {offerFiles} from "./figure_menu.js";
import {show as showRows, State} from "./sources.js";
import {forget, offer, onView, query, show, view} from "./views.js";

const state = new State();

async function bokehDocument() {
  for (;;) {
    const found = globalThis.Bokeh?.documents?.find((each) => each.roots().length > 0);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function paint(theme) {
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
    if (name === "verdicts") drawVerdicts(state.tables.get(name), facts);
    else if (name === "alarms") drawAlarms(state.tables.get(name), (behind) => openDrawer({run: state.words["confusion-verdicts"]?.run, ...behind}, facts));
    else {
      const source = doc.get_model_by_name(name);
      if (source) showRows(source, state.tables.get(name), change);
    }
  }
  for (const place of document.querySelectorAll("[data-word]")) {
    const word = state.words[place.dataset.word];
    if (word !== undefined && place.textContent !== word) place.textContent = word;
  }
  for (const empty of document.querySelectorAll("[data-unless]")) {
    const full = Boolean(state.words[empty.dataset.unless]);
    empty.hidden = full;
    if (!full && !empty.dataset.word && (view.when || view.slice)) empty.textContent = "None of the messages chosen above is in it.";
    const figure = empty.parentElement.querySelector(".figure, ol");
    if (figure) figure.classList.toggle("veil", !full);
  }
  if (state.words.slices) offer(state.words.slices);
  for (const part of parts) part.draw?.(changed);
}

const doc = await bokehDocument();
const context = {state, doc, facts, view, show, open: (behind) => openDrawer(behind, facts)};
const modules = await Promise.all(facts.scripts.map((name) => import(`./figures/${name}`)));
const parts = modules.map((module) => module.begin(context));
onTheme(paint);
offerFiles(doc);
const feed = follow("feed", (message) => draw(state.apply(message)), {query, onRefused: forget});
onView(() => {
  for (const part of parts) part.onView?.();
  feed.look();
});
if (facts.wall) (await import("./wall.js")).hang({...facts.wall, show, at: view.pane});
globalThis.tallyroom = {state, doc, route, view};
