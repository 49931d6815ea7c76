// The registry page: who is champion and why, who could be, who was. 
import {ask, facts, warn} from "./shell.js";
import {keepAsking} from "./asking.js";
import {drawChallengers, drawChampion, drawHistory} from "./registry_parts.js";
import {forgetModel, showModel} from "./registry_model.js";
import {isTyping} from "./typing.js";
import {onDone, openPromote, openRollBack} from "./registry_dialog.js";

const get = (id) => document.getElementById(id);
let state = null, drawn = "", oldest = 0;
let chosen = Number(new URLSearchParams(location.search).get("run")) || 0; // 0: the champion, whoever it is

const on = {
  look(run, {focus = true} = {}) {
    chosen = run.run;
    const address = new URL(location.href);
    address.searchParams.set("run", chosen);
    history.replaceState(history.state, "", address);
    drawChallengers(state, on, chosen);
    showModel(chosen, state.may_promote);
    if (!focus) return;
    get("model-title").focus();
    get("model").scrollIntoView({block: "nearest"});
  },
  promote(run) { openPromote(run, state.champion); },
};

function draw() {
  const now = JSON.stringify({...state, at: 0});
  if (now !== drawn) {
    drawn = now;
    drawChampion(state);
    drawChallengers(state, on, chosen);
    drawHistory(state.history, state, on, {afresh: true});
    oldest = state.history.at(-1)?.id ?? 0;
    get("more-history").hidden = !state.more;
  }
  const run = chosen || state.champion?.run;
  if (run) showModel(run, state.may_promote);
  else { get("model").hidden = true; forgetModel(); }
}

get("more-history").addEventListener("click", async () => {
  try {
    const page = await ask(`registry/history.json?before=${oldest}`);
    drawHistory(page.history, state, on, {afresh: false});
    oldest = page.history.at(-1)?.id ?? oldest;
    get("more-history").hidden = !page.more;
  } catch (error) {
    warn(`Older promotions cannot be read now: ${error.message}. ${error.fix ?? ""}`);
  }
});
get("look").addEventListener("click", () => on.look(state.champion));
get("back").addEventListener("click", () => openRollBack(state));

document.addEventListener("keydown", (event) => {
  if (!state || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], #drawer:not([hidden])")) return;
  if (isTyping(event.target)) return;
  const rows = [...get("challengers").tBodies[0].rows];
  const at = rows.indexOf(event.target.closest?.("#challengers tr"));
  const run = at < 0 ? null : state.challengers.find((each) => String(each.run) === rows[at].dataset.run);
  const does = {
    arrowdown: () => rows[at < 0 ? 0 : Math.min(rows.length - 1, at + 1)]?.focus(),
    arrowup: () => rows[at < 0 ? rows.length - 1 : Math.max(0, at - 1)]?.focus(),
    enter: run && event.target.matches("tr") ? () => on.look(run) : null,
    c: state.champion && (() => on.look(state.champion)),
    p: run && state.may_promote && run.state === "done" ? () => on.promote(run) : null,
    d: get("model").hidden || get("download").hidden ? null : () => get("download").click(),
    b: !get("back").hidden && state.champion ? () => openRollBack(state) : null,
  }[event.key.toLowerCase()];
  if (!does || (event.key.startsWith("Arrow") && !rows.length)) return;
  does();
  event.preventDefault();
});

const look = keepAsking("registry", {what: "The registry", show(found) { state = found; draw(); }}); // a search tries hundreds of candidates
onDone(look);
globalThis.tallyroom = {facts};
