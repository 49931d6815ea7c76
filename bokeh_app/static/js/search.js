// The search page: the newest search as it goes on; trials that move come one by one, all else whole.
import {follow} from "./feed.js";
import {beginChart, span} from "./search_chart.js";
import {element, safeText} from "./text.js";

const get = (id) => document.getElementById(id);
const score = (value) => value.toFixed(4);
const number = (n) => n.toLocaleString();
const several = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
const size = (bytes) => bytes === null ? "" : bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
const STOPS = {hopeless: "left behind", too_large: "too large", too_slow: "too slow", out_of_time: "out of time"};
const STATES = {running: "running", done: "done", stopped: "stopped", failed: "failed", lost: "lost"};

const trials = new Map();
let state = null, aheadMs = 0, show = "all", chosen = null;
const now = () => Date.now() + aheadMs;
const chart = beginChart(get("chart"), (id) => { chosen = id; tellChosen(); drawTrials(); });

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
  get("best-words").replaceChildren(best ? safeText(best.candidate) : "no trial has come to its last fold yet");
  const honest = result?.best?.honest;
  get("honest").textContent = honest === undefined ? "–" : score(honest);
  get("honest-words").textContent = honest !== undefined ? "each fold by what was best on the others" : isRunning() ? "told when the search is over" : "not told: it was not summed up";
  const of = (name) => all.filter((each) => each.state === name).length;
  const mine = all.filter((each) => each.search === state.search.id).length;
  get("count").textContent = number(all.length);
  const parts = [`${number(of("done"))} to the end`, `${number(of("stopped"))} stopped early${stops(all)}`];
  for (const name of ["running", "failed", "lost"]) if (of(name)) parts.push(`${number(of(name))} ${name}`);
  if (mine < all.length) parts.push(`${number(all.length - mine)} from earlier searches of the same labels`);
  get("count-words").textContent = parts.join(" · ");
}

// Why trials were stopped, and what that saved.
function stops(all) {
  const kinds = Object.entries(STOPS).map(([kind, words]) => [all.filter((each) => each.stop === kind).length, words]).filter(([n]) => n);
  if (!kinds.length) return "";
  const saved = all.filter((each) => each.stop).reduce((sum, each) => sum + state.search.folds - each.folds, 0);
  return ` (${kinds.map(([n, words]) => `${number(n)} ${words}`).join(", ")}), ${several(saved, "fold")} saved`;
}

const isRunning = () => state.search.state === "running" && now() < state.search.ends_at + 60_000;

function drawLeft() {
  const search = state?.search;
  if (!search) return;
  const running = isRunning();
  const left = Math.max(0, search.ends_at - now());
  get("left-name").textContent = running ? "Budget left" : "The search";
  get("left").textContent = running ? span(left / 1000) : {done: "is over", stopped: "was ended", failed: "failed", running: "was left behind"}[search.state];
  get("left-bar").style.width = `${running ? 100 * Math.min(1, left / Math.max(1, search.ends_at - search.started_at)) : 0}%`;
  const took = ((search.finished_at ?? search.ends_at) - search.started_at) / 1000;
  const about = [running ? `of ${span(search.budget_ms / 1000)}` : `took ${span(took)} of ${span(search.budget_ms / 1000)}`, several(search.workers ?? 1, "worker"), `${several(search.messages, "message")}, ${several(search.folds, "fold")}`];
  if (search.max_bytes) about.push(`models up to ${size(search.max_bytes)}`);
  const failed = search.state === "failed";
  get("left-words").replaceChildren(safeText([about.join(" · "), failed ? "" : search.error].filter(Boolean).join(". ")));
  get("trouble").hidden = !failed;
  if (failed && !get("trouble").childNodes.length) get("trouble").append(element("b", "", "The search failed. "), safeText(search.error ?? ""), ". What it had tried is kept: the next search goes on from there.");
  if (!failed) get("trouble").replaceChildren();
}

function weight(name, share) {
  const fill = element("i"), bar = element("div", "bar", fill);
  fill.style.width = `${100 * share}%`;
  bar.setAttribute("aria-hidden", "true");
  return element("div", "weight", element("span", "", safeText(name)), bar, element("b", "", `${Math.round(100 * share)} %`));
}

function drawImportances() {
  const rows = state.search.result?.importances ?? [];
  const parts = [...new Set(rows.map((row) => row.part))];
  get("no-importances").hidden = rows.length > 0;
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
  get("next").replaceChildren(...state.candidates.map((name) => element("li", "", safeText(name))));
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

function drawTrials() {
  const rows = [...trials.values()].filter((each) => show === "all" || !["done", "running"].includes(each.state));
  const rank = (each) => each.state === "running" ? 2 : each.state === "done" ? 1 : 0;
  rows.sort((a, b) => rank(b) - rank(a) || (b.macro_f1 ?? 0) - (a.macro_f1 ?? 0));
  if (!rows.length) {
    const none = element("td", "why", show === "all" ? "No trial has begun yet." : "None was stopped.");
    none.colSpan = 6;
    get("trials").replaceChildren(element("tr", "", none));
    return;
  }
  get("trials").replaceChildren(...rows.map((each) => {
    const why = element("td", "why", element("b", "", STATES[each.state] ?? each.state), each.why ? ": " : "", safeText(each.why ?? ""), each.warm ? " · warm start" : "");
    return element("tr", `${each.state === "failed" || each.state === "lost" ? "bad" : ""}${each.state === "done" ? "" : " part"}${each.id === chosen ? " chosen" : ""}`,
      element("td", "n", each.macro_f1 === null ? "–" : score(each.macro_f1)), element("td", "name", safeText(each.candidate)), why,
      element("td", "n", `${each.folds} of ${state.search.folds}`), element("td", "n", each.seconds.toFixed(1)), element("td", "n", size(each.bytes)));
  }));
}

function tellChosen() {
  const each = trials.get(chosen);
  if (!each) { get("chosen").textContent = "\u00a0"; return; }
  get("chosen").replaceChildren(`${each.macro_f1 === null ? "–" : score(each.macro_f1)} `, safeText(each.candidate), `, ${STATES[each.state] ?? each.state}`, safeText(each.why ? `: ${each.why}` : ""), `, ${each.seconds.toFixed(1)} s`);
}

document.querySelector(".switch").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  show = button.dataset.show;
  for (const each of button.parentElement.children) each.setAttribute("aria-pressed", String(each === button));
  if (state?.search) drawTrials();
});
setInterval(drawLeft, 1000);
follow("search/feed", take);
