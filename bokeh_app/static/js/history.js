// One's own verdicts of late, where a mind can be changed: the new verdict takes the place of the old one.
import {facts} from "./shell.js";
import {bodyOf, chip, element} from "./text.js";
import {call} from "./outbox.js";
import {keyOf} from "./keys.js";
import {when} from "./message.js";

const get = (id) => document.getElementById(id);
const KINDS = {skip: "skipped", unsure: "cannot tell"};
const rows = new Map(); // uuid of a change under way -> its row
let outbox = null;
let next = null;
let asked = 0;

export function setUpHistory(its) {
  outbox = its;
  for (const [value, words] of [["", "all"], ...facts.classes.map((klass) => [`klass=${encodeURIComponent(klass)}`, klass]), ["kind=unsure", KINDS.unsure], ["kind=skip", KINDS.skip]])
    get("history-filter").append(Object.assign(element("option", "", words), {value}));
  get("history-filter").onchange = () => load(true);
  get("history-more").onclick = () => load(false);
  get("history").addEventListener("keydown", onKey);
  get("history").onclose = () => get("message").focus({preventScroll: true});
}

export async function openHistory() {
  get("history-rows").replaceChildren();
  get("history").showModal();
  get("history-words").textContent = "One moment.";
  await outbox.settled(); // else the last verdicts are not in it
  await load(true);
}

async function load(afresh) {
  const ticket = ++asked;
  const query = [get("history-filter").value, afresh || !next ? "" : `before=${next}`].filter(Boolean).join("&");
  try {
    const page = await call(`desk/history.json?${query}`);
    if (ticket !== asked) return;
    if (afresh) get("history-rows").replaceChildren();
    get("history-rows").append(...page.verdicts.map(row));
    next = page.before;
    get("history-more").hidden = next === null;
    get("history-words").textContent = get("history-rows").children.length ? "Choose one, then press the key of a class (or C) to change your mind." : "Nothing yet.";
    if (afresh) get("history-rows").querySelector(".said")?.focus();
  } catch (error) {
    if (ticket === asked) get("history-words").textContent = error.status ? `${error.message}. ${error.fix}` : "Your verdicts cannot be shown without the connection.";
  }
}

function row(said) {
  const made = element("li", "");
  made.said = said;
  const button = element("button", "said", bodyOf(said.body), element("span", "verdict"));
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.onclick = () => expand(made);
  made.append(button, element("span", "sub", when(said.at).slice(3)));
  label(made);
  return made;
}

function label(made) {
  const {kind, klass, second} = made.said;
  const words = klass === null ? element("span", "sub", KINDS[kind]) : chip(klass, facts);
  made.querySelector(".verdict").replaceChildren(words, second ? element("small", "", ` or ${second}`) : "");
}

function expand(made) {
  const open = made.querySelector(".instead");
  for (const other of get("history-rows").querySelectorAll(".instead")) other.remove();
  for (const button of get("history-rows").querySelectorAll(".said")) button.setAttribute("aria-expanded", String(!open && button.parentElement === made));
  if (open) return;
  const buttons = [...facts.classes.map((klass) => ["label", klass]), ["unsure", null]].map(([kind, klass]) => {
    const button = element("button", "btn", klass ?? KINDS[kind]);
    button.type = "button";
    button.onclick = () => change(made, kind, klass);
    return button;
  });
  const group = element("div", "instead", ...buttons);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Change it to");
  made.append(group);
}

function change(made, kind, klass) {
  const {verdict_id, lease_id, ...before} = made.said;
  if (made.dataset.sending || (before.kind === kind && before.klass === klass)) return;
  made.dataset.sending = "1";
  const verdict = outbox.put({lease_id, kind, klass, changes: verdict_id});
  rows.set(verdict.uuid, {made, before: made.said});
  made.said = {...made.said, kind, klass, second: null};
  label(made);
  made.querySelector(".instead")?.remove();
  made.querySelector(".said").setAttribute("aria-expanded", "false");
  made.querySelector(".said").focus();
  get("history-words").textContent = "Not yet saved.";
}

// The store has it, or will not have it: what the row says is what the store says.
export function answered(verdict, answer, why) {
  const change = rows.get(verdict.uuid);
  if (!change) return;
  rows.delete(verdict.uuid);
  delete change.made.dataset.sending;
  change.made.said = answer ? {...change.made.said, verdict_id: answer.verdict_id} : change.before;
  label(change.made);
  get("history-words").textContent = answer ? "Saved." : `Not taken: ${why}`;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
  const buttons = [...get("history-rows").querySelectorAll(".said")];
  const at = buttons.indexOf(event.target.closest("li")?.querySelector(".said"));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    buttons[Math.max(0, Math.min(buttons.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
    event.preventDefault();
  } else if (at >= 0) {
    const key = keyOf(event), klass = facts.classes[Number(key) - 1];
    if (klass || key === "c") { change(buttons[at].parentElement, klass ? "label" : "unsure", klass ?? null); event.preventDefault(); }
  }
}
