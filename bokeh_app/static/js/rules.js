// The Rules page: which rules there are and what each is worth. It asks anew when the rules were looked at again.
import {openDrawer} from "./drawer.js";
import {keepAsking} from "./asking.js";
import {rowsOf} from "./rules_row.js";
import {facts} from "./shell.js";
import {safeText} from "./text.js";
import {isTyping} from "./typing.js";

const get = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en");
const asked = new URLSearchParams(location.search);
const ORDERS = {
  file: () => 0,
  hits: (one, other) => other.worth.hits - one.worth.hits,
  right: (one, other) => one.worth.accuracy - other.worth.accuracy,
  conflicts: (one, other) => other.worth.conflicts - one.worth.conflicts,
  unjudged: (one, other) => other.worth.unjudged - one.worth.unjudged,
};
let state = null, drawn = "";
const expanded = new Set();

const on = {
  open(description) { openDrawer(state.run === null ? description : {run: state.run, ...description}, {...facts, champion: state.run}); },
  toggle(rule) {
    if (!expanded.delete(rule.name)) expanded.add(rule.name);
    drawRows();
  },
};

function draw() {
  const {trouble, rules, file} = state;
  get("trouble").hidden = trouble === null;
  if (trouble) {
    get("trouble-what").replaceChildren(safeText(`${trouble.where ? `${trouble.where}: ` : ""}${trouble.what}.`));
    const kept = rules.length ? " Until then the rules vote on no new message; below is what was found the last time." : " Until then no rule votes.";
    get("trouble-fix").replaceChildren(safeText(`${trouble.fix}${kept}`));
  }
  get("no-rules").hidden = rules.length > 0 || trouble !== null;
  get("no-rules-file").replaceChildren(safeText(file));
  get("first-rule").replaceChildren(safeText(`version: 1\nrules:\n  - {name: prize_words, class: ${JSON.stringify(state.classes.at(-1))}, pattern: '\\b(?:won|prize)\\b'}`));
  get("found").hidden = rules.length === 0;
  get("file").replaceChildren(safeText(file));
  if (rules.length) { drawFacts(); drawRows(); }
}

function drawFacts() {
  const {rules, look: seen, trains} = state;
  const silent = rules.filter((each) => each.withdrawn).length, classes = new Set(rules.map((each) => each.klass)).size;
  figure("count", count(rules.length), () => get("rules").tBodies[0].rows[0]?.focus());
  get("count-words").textContent = [`for ${classes} of ${state.classes.length} classes`, silent ? `${silent} withdrawn` : ""].filter(Boolean).join(", ");
  figure("looked", seen ? `${count(seen.messages)} messages` : "not yet", seen?.messages && (() => on.open({hit: "seen"})));
  get("looked-words").textContent = seen ? `at ${new Date(seen.at).toLocaleString([], {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"})}` : "'tallyroom run' looks at them";
  figure("covered", seen?.messages ? `${(100 * seen.hit / seen.messages).toFixed(1)} %` : "–", seen?.hit && (() => on.open({hit: "any"})));
  get("covered-words").textContent = seen ? `${count(seen.hit)} of them` : "";
  figure("known", seen ? count(seen.known) : "–", seen?.known && (() => on.open({hit: "known"})));
  get("known-words").textContent = `tell how often rules are right; their labels ${trains ? "train models" : "train no model here"}`;
  get("time-head").textContent = seen ? `hits by ${seen.unit}` : "over time";
  const unseen = rules.filter((each) => each.worth === null).length;
  get("not-seen").hidden = unseen === 0;
  get("not-seen").textContent = unseen === 0 ? "" : `${unseen === 1 ? "One rule is" : `${count(unseen)} rules are`} new or changed, and not looked at yet: the next 'tallyroom run' does.`;
}

// A number at the head of the page; it opens what it counts, where there is something.
function figure(id, text, act) {
  Object.assign(get(id), {textContent: text, disabled: !act, onclick: act || null});
}

function shown() {
  const words = get("find").value.trim().toLowerCase();
  const found = state.rules.filter((each) => !words || [each.name, each.klass, each.pattern, each.note].some((text) => text.toLowerCase().includes(words)));
  const order = ORDERS[get("sort").value];
  return found.sort((one, other) => (one.worth === null) - (other.worth === null) || (one.worth ? order(one, other) : 0));
}

function drawRows() {
  const body = get("rules").tBodies[0], at = document.activeElement?.closest?.("[data-rule]")?.dataset.rule, what = document.activeElement?.dataset?.what;
  const rules = shown();
  body.replaceChildren(...rules.flatMap((rule) => rowsOf(rule, state, on, expanded.has(rule.name))));
  get("none-found").hidden = rules.length > 0;
  get("rules").parentElement.hidden = rules.length === 0;
  if (at === undefined) return;
  const row = body.querySelector(`tr[data-rule="${CSS.escape(at)}"]`);
  (what && body.querySelector(`[data-rule="${CSS.escape(at)}"] [data-what="${CSS.escape(what)}"]`) || row)?.focus({preventScroll: true});
}

get("find").addEventListener("input", () => { if (state) drawRows(); });
get("sort").value = asked.get("order") in ORDERS ? asked.get("order") : "file";
get("sort").addEventListener("change", () => {
  const address = new URL(location.href);
  address.searchParams.set("order", get("sort").value);
  history.replaceState(history.state, "", address);
  if (state) drawRows();
});

document.addEventListener("keydown", (event) => {
  if (!state || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("#drawer:not([hidden])")) return;
  if (event.target === get("find") && event.key === "Escape") { get("find").value = ""; drawRows(); event.preventDefault(); return; }
  if (isTyping(event.target)) return;
  const rows = [...get("rules").tBodies[0].querySelectorAll("tr.rule")];
  const name = event.target.closest?.("[data-rule]")?.dataset.rule;
  const at = rows.findIndex((each) => each.dataset.rule === name);
  const rule = state.rules.find((each) => each.name === name);
  const bars = [...(rows[at]?.querySelectorAll(".spark button") ?? [])], bar = bars.indexOf(event.target);
  const does = {
    arrowleft: bars.length && (() => bars[bar < 0 ? bars.length - 1 : Math.max(0, bar - 1)].focus()),
    arrowright: bars.length && (() => bars[bar < 0 ? bars.length - 1 : Math.min(bars.length - 1, bar + 1)].focus()),
    arrowdown: rows.length && (() => rows[at < 0 ? 0 : Math.min(rows.length - 1, at + 1)].focus()),
    arrowup: rows.length && (() => rows[at < 0 ? 0 : Math.max(0, at - 1)].focus()),
    enter: rule?.worth && event.target.matches("tr") && (() => on.toggle(rule)),
    m: rule?.worth && (() => on.open({rule: rule.name})),
    "/": () => get("find").focus(),
  }[event.key.toLowerCase()];
  if (!does) return;
  does();
  event.preventDefault();
});

keepAsking("rules", {what: "The rules", show(found) {
  state = found;
  const now = JSON.stringify(state);
  if (now !== drawn) draw();
  drawn = now;
}});
