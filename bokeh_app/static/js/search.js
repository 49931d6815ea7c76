// The search page: the newest search as it goes on; trials that move come one by one, all else whole.
import {follow} from "./feed.js";
import {csv} from "./figure_menu.js";
import {modelName} from "./model_name.js";
import {beginChart, span} from "./search_chart.js";
import {beginSlice} from "./search_slice.js";
import {asRows, drawTable, onOrder} from "./search_trials.js";
import {route} from "./shell.js";
import {element, safeText} from "./text.js";

const get = (id) => document.getElementById(id);
const score = (value) => value.toFixed(4);
const number = (n) => n.toLocaleString();
const several = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
const size = (bytes) => bytes === null ? "" : bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
const STOPS = {hopeless: "left behind", too_large: "too large", too_slow: "too slow", out_of_time: "out of time"};

const trials = new Map();
let state = null, aheadMs = 0, show = "all", chosen = null;
const now = () => Date.now() + aheadMs;
const chart = beginChart(get("chart"), (id) => { chosen = id; tellChosen(); drawTrials(); });

const slice = beginSlice(get("slice"), get("slice-by"), (id) => { chosen = id; tellChosen(); drawTrials(); });

function take(message) {
  if (message.kind !== "search") return;
  if (message.whole) trials.clear();
  for (const each of message.trials) trials.set(each.id, each);
  state = message;
  aheadMs = message.at - Date.now(); // the database's clock, as the search counts
  draw();
}

function draw() {
  get("nothing").hidden = state.search !== null;
  get("found").hidden = state.search === null;
  if (state.search === null) return;
  drawFacts();
  drawLeft();
  chart.draw(state.search, [...trials.values()], now());
  slice.draw([...trials.values()]);
  drawImportances();
  drawEnsemble();
  drawNext();
  drawTrials();
  tellChosen();
}

const bestOf = () => [...trials.values()].filter((each) => each.state === "done").sort((a, b) => b.macro_f1 - a.macro_f1)[0];

function drawFacts() {
  const all = [...trials.values()], best = bestOf(), result = state.search.result;
  get("best").textContent = best ? score(best.macro_f1) : "–";
  get("best-words").replaceChildren(best ? modelName(best.candidate, {most: 90}) : "no trial has come to its last fold yet");
  const honest = result?.best?.honest;
  get("honest").textContent = honest === undefined ? "–" : score(honest);
  get("honest-words").textContent = honest !== undefined ? "each fold by what was best on the others" : isRunning() ? "told when the search is over" : "not told: it was not summed up";
  const of = (name) => all.filter((each) => each.state === name).length;
  const mine = all.filter((each) => each.search === state.search.id).length;
  get("count").textContent = number(state.total);
  const parts = [`${number(of("done"))} to the end`, `${number(of("stopped"))} stopped early${stops(all)}`];
  for (const name of ["running", "failed", "lost"]) if (of(name)) parts.push(`${number(of(name))} ${name}`);
  if (mine < all.length) parts.push(`${number(all.length - mine)} from earlier searches of the same labels`);
  if (all.length < state.total) parts.unshift(`of the newest ${number(all.length)}`);
  get("count-words").textContent = parts.join(" · ");
}

// Why trials were stopped, and what that saved.
function stops(all) {
  const kinds = Object.entries(STOPS).map(([kind, words]) => [all.filter((each) => each.stop === kind).length, words]).filter(([n]) => n);
  if (!kinds.length) return "";
  const saved = all.filter((each) => each.stop).reduce((sum, each) => sum + state.search.folds - each.folds, 0);
  return ` (${kinds.map(([n, words]) => `${number(n)} ${words}`).join(", ")}), ${several(saved, "fold")} saved`;
}

const isRunning = () => state.search.state === "running";

function drawLeft() {
  const search = state?.search;
  if (!search) return;
  const running = isRunning();
  const left = Math.max(0, search.ends_at - now());
  get("left-name").textContent = running ? "Budget left" : "The search";
  get("left").textContent = running ? (left ? span(left / 1000) : "summing up") : {done: "is over", stopped: "was ended", failed: "failed", lost: "was lost"}[search.state];
  get("left-bar").style.width = `${running ? 100 * Math.min(1, left / Math.max(1, search.ends_at - search.started_at)) : 0}%`;
  const told = [...trials.values()].filter((each) => each.search === search.id).map((each) => each.at);
  const took = ((search.finished_at ?? Math.max(search.started_at, ...told)) - search.started_at) / 1000; // lost: when it was last heard of
  const alive = new Set([...trials.values()].filter((each) => each.state === "running" && each.search === search.id).map((each) => each.worker)).size;
  const about = [running ? `of ${span(search.budget_ms / 1000)}` : `took ${span(took)} of ${span(search.budget_ms / 1000)}`, running ? `${several(alive, "worker")} at it` : several(search.workers ?? 1, "worker"), `${several(search.messages, "message")}, ${several(search.folds, "fold")}`];
  if (search.max_bytes) about.push(`models up to ${size(search.max_bytes)}`);
  const failed = ["failed", "lost"].includes(search.state);
  get("left-words").replaceChildren(safeText([about.join(" · "), failed ? "" : search.error].filter(Boolean).join(". ")));
  get("trouble").hidden = !failed;
  const alarm = failed ? `${search.state} ${search.error}` : ""; // an alert is said once
  if (get("trouble").dataset.told === alarm) return;
  get("trouble").dataset.told = alarm;
  const why = (search.error ?? "Its process has said nothing for a while: it was killed, or is cut off").replace(/\.$/u, "");
  get("trouble").replaceChildren(...(failed ? [element("b", "", search.state === "failed" ? "The search failed. " : "The search was lost. "), safeText(why), ". What it had tried is kept: the next search goes on from there."] : []));
}

function weight(name, share) {
  const fill = element("i"), bar = element("div", "bar", fill);
  fill.style.width = `${100 * share}%`;
  bar.setAttribute("aria-hidden", "true");
  return element("div", "weight", element("span", "", modelName(name)), bar, element("b", "", `${Math.round(100 * share)} %`));
}

function drawImportances() {
  const rows = state.search.result?.importances ?? [];
  const parts = [...new Set(rows.map((row) => row.part))];
  get("no-importances").hidden = rows.length > 0;
  get("no-importances").textContent = isRunning() ? "Known once six trials have come to their last fold." : "Not known: fewer than six trials came to their last fold.";
  get("importances").replaceChildren(...parts.flatMap((part) => {
    const own = rows.filter((row) => row.part === part);
    const title = element("h3", "", part === "all" ? "of all trials" : element("span", "", "within ", safeText(part)), ` (${several(own[0].trials, "trial")})`);
    return [title, ...own.map((row) => weight(part === "all" ? row.name : row.name.slice(part.length + 1), row.share))];
  }));
}

function drawEnsemble() {
  const ensemble = state.search.result?.ensemble, best = state.search.result?.best;
  get("members").replaceChildren(...(ensemble?.members ?? []).map(([name, share]) => element("li", "", weight(name, share))));
  get("ensemble-words").textContent = ensembleWords(ensemble, best);
}

function drawNext() {
  get("next-card").hidden = !state.candidates.length;
  const tried = state.candidates.filter((name) => state.runs[name]).length;
  get("next-title").textContent = tried < state.candidates.length ? "Tried by the next run" : "On trial";
  get("next").replaceChildren(...state.candidates.map((name) => element("li", "", modelName(name, {most: 90, copy: true}), ...ofRun(state.runs[name]))));
}

// Once a run has tried it: what became of it.
function ofRun(run) {
  if (!run) return [];
  const {champion} = state, link = element("a", "", champion && champion.run !== run ? "compare with the champion" : "in the registry");
  link.href = champion && champion.run !== run ? `?page=compare&runs=${champion.run},${run}` : `?page=registry&run=${run}`;
  return [element("span", "then", champion?.run === run ? "champion, " : "tried, ", link)];
}

function ensembleWords(ensemble, best) {
  if (!ensemble && isRunning()) return "Chosen when the search is over.";
  if (!ensemble) return state.search.result ? "No two flat linear trials came to their last fold." : "None: the search was not summed up.";
  if (ensemble.members.length < 2) return "The best trial alone: no other made it better.";
  const scores = `${score(ensemble.macro_f1)}, honestly ${score(ensemble.honest)}; the best single trial ${score(best.macro_f1)}, honestly ${score(best.honest)}.`;
  if (!("candidate" in ensemble)) return `${scores} It was chosen by an earlier version, which could not try it.`;
  const large = `${size(ensemble.bytes)} of weights, ${several(ensemble.features, "reading")} of each message.`;
  return `${scores} ${large} ${ensemble.candidate ? "One linear model again: the next run tries it, and it has to beat the best single one by a settled margin." : "It is larger than allowed, and is not tried."}`;
}

const SHOWN = {all: () => true, done: (each) => each.state === "done", running: (each) => each.state === "running", stopped: (each) => !["done", "running"].includes(each.state)};
const NONE = {all: "No trial has begun yet.", done: "None has come to its last fold yet.", running: "None is running.", stopped: "None was stopped."};

function drawTrials() {
  for (const button of document.querySelectorAll(".switch [data-show]")) {
    const n = [...trials.values()].filter(SHOWN[button.dataset.show]).length;
    button.querySelector("i").textContent = ` ${number(n)}`;
  }
  const held = get("trials").contains(document.activeElement) ? document.activeElement.dataset.trial : undefined;
  drawTable(get("trials"), [...trials.values()].filter(SHOWN[show]), {folds: state.search.folds, chosen, none: NONE[show]});
  if (held) get("trials").querySelector(`[data-trial="${held}"]`)?.focus({preventScroll: true});
}

function tellChosen() {
  const each = trials.get(chosen);
  if (!each) { get("chosen").textContent = "\u00a0"; return; }
  get("chosen").replaceChildren(`${each.macro_f1 === null ? "–" : score(each.macro_f1)} `, modelName(each.candidate), `, ${each.state}`, safeText(each.why ? `: ${each.why}` : ""), `, ${each.seconds.toFixed(1)} s`);
}

document.querySelector(".switch").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  show = button.dataset.show;
  for (const each of button.parentElement.children) each.setAttribute("aria-pressed", String(each === button));
  if (state?.search) drawTrials();
});
onOrder(() => { if (state?.search) drawTrials(); });
get("as-json").href = route("search.json");
get("as-csv").addEventListener("click", () => save(csv(asRows([...trials.values()])), `search-${state.search.id}-trials.csv`));

function save(text, name) {
  const link = Object.assign(element("a"), {href: URL.createObjectURL(new Blob([text], {type: "text/csv"})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

setInterval(drawLeft, 1000);
follow("search/feed", take);
