// The people page: who may come in, as what; what was done.
import {keepAsking} from "./asking.js";
import {ask, warn} from "./shell.js";
import {element, safeText} from "./text.js";

const MAY = {viewer: "look, with numbers masked", reviewer: "judge messages", lead: "make queues, export labels", admin: "everything, and invite people"};

const get = (id) => document.getElementById(id);
const rows = get("people-rows");
let state = null;
let drawn = "";

const several = (n, noun) => `${n.toLocaleString()} ${noun}${n === 1 ? "" : "s"}`;
const when = (ms) => new Date(ms).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});

function draw() {
  const key = JSON.stringify([state.people, Math.floor(state.at / 60_000)]);
  if (key === drawn || document.activeElement?.tagName === "SELECT") return; // nobody's list closes under their hand
  drawn = key;
  const chosen = document.activeElement?.closest?.(".person")?.dataset.name;
  const does = document.activeElement?.dataset?.does;
  rows.replaceChildren(...state.people.map(row));
  const again = chosen !== undefined && [...rows.children].find((item) => item.dataset.name === chosen);
  if (again) (again.querySelector(`[data-does="${does}"]`) ?? again).focus({preventScroll: true});
}

function ago(ms) {
  const minutes = Math.round((state.at - ms) / 60_000);
  if (minutes < 2) return "just now";
  if (minutes < 120) return `${minutes} minutes ago`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} hours ago` : when(ms);
}

function standing(person) {
  if (!person.active) return ["deactivated", "warn"];
  if (person.simulated) return ["simulated", ""];
  if (person.sessions.length) return ["signed in", "good"];
  if (person.invited) return ["invited", ""];
  return person.password ? ["signed out", ""] : ["comes by link", ""];
}

function row(person) {
  const [word, kind] = standing(person);
  const name = element("div", "", element("span", "name", safeText(person.name)), element("span", `state ${kind}`, word));
  if (person.id === state.you) name.append(element("span", "state", "you"));
  const item = element("li", `person${person.active ? "" : " out"}`, name, roleOf(person), about(person), actions(person));
  item.tabIndex = 0;
  item.dataset.name = person.name;
  item.setAttribute("aria-label", `${person.name}, ${person.role}, ${word}`);
  return item;
}

function roleOf(person) {
  const box = element("div", "");
  if (!person.id || !person.active || person.simulated) { box.append(element("span", "sub", person.role)); return box; }
  const select = element("select", "", ...state.roles.map((role) => new Option(role, role, false, role === person.role)));
  select.dataset.does = "role";
  select.setAttribute("aria-label", `Role of ${person.name}`);
  select.addEventListener("change", async () => {
    const role = select.value;
    select.blur();
    const yes = role !== "admin" || await sure(`${person.name} may then do everything here, and invite and send out people.`, "Make admin");
    if (yes) await act("people/role", {person: person.id, role}, `${person.name} keeps their role`);
    else { drawn = ""; draw(); }
  });
  box.append(select);
  return box;
}

function about(person) {
  const lines = [];
  if (person.id) lines.push(person.seen_at ? `last seen ${ago(person.seen_at)}` : "never seen");
  else lines.push("has not set a password yet");
  if (person.tokens) lines[0] += ` · ${several(person.tokens, "API token")}`;
  const places = person.sessions.slice(0, 4).map((session) => [session.address, browserOf(session.agent), ago(session.seen_at)].filter(Boolean).join(", "));
  if (person.sessions.length > 4) places.push(`and ${person.sessions.length - 4} more`);
  return element("div", "", ...[...lines, ...places].map((line) => element("p", "sub", safeText(line))));
}

function browserOf(agent) {
  if (!agent) return "";
  const found = /(Firefox|Edg|OPR|Chrome|Safari)/.exec(agent);
  const names = {Edg: "Edge", OPR: "Opera"};
  return found ? `${names[found[1]] ?? found[1]}${/Mobile|Android|iPhone/.test(agent) ? " on a phone" : ""}` : agent.slice(0, 40);
}

function actions(person) {
  const box = element("div", "actions");
  if (person.simulated) return box;
  if (person.active) box.append(button("Link", "link", `Make a link for a new password of ${person.name}`, () => invite(person.name, person.role)));
  if (person.id && person.sessions.length) box.append(button("Sign out", "out", `Sign ${person.name} out everywhere`, () => signOut(person)));
  if (person.id && person.active) box.append(button("Deactivate", "active", `Deactivate ${person.name}`, () => deactivate(person)));
  if (person.id && !person.active) box.append(button("Let in again", "active", `Let ${person.name} in again`, () => act("people/active", {person: person.id, active: true}, `${person.name} was not let in`)));
  return box;
}

function button(words, does, name, action) {
  const made = element("button", "btn", words);
  made.type = "button";
  made.dataset.does = does;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", action);
  return made;
}

async function act(route, body, otherwise) {
  let trouble = "";
  try {
    await ask(route, body);
  } catch (error) {
    trouble = `${otherwise}: ${error.message}. ${error.fix ?? ""}`;
  }
  drawn = "";
  await look();
  if (trouble) warn(trouble);
}

async function signOut(person) {
  const who = person.id === state.you ? "You are" : `${person.name} is`;
  if (await sure(`${who} signed out in every browser, within seconds. What was judged stays.`, "Sign out")) await act("people/sign-out", {person: person.id}, `${person.name} was not signed out`);
}

async function deactivate(person) {
  if (await sure(`${person.name} is signed out and cannot come in again; their links and tokens end. What they judged stays.`, "Deactivate")) await act("people/active", {person: person.id, active: false}, `${person.name} was not deactivated`);
}

function sure(words, yes) {
  const dialog = get("sure");
  get("sure-words").replaceChildren(safeText(words));
  get("sure-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => { dialog.onclose = () => done(dialog.returnValue === "yes"); });
}

async function invite(name, role) {
  const made = await ask("people/invite", {name, role}).catch((error) => { warn(`No link was made: ${error.message}. ${error.fix ?? ""}`); return null; });
  if (made) showLink(name, made);
  await look();
}

function showLink(name, made) {
  const here = made.public_url || `${location.origin}${location.pathname.replace(/\/+$/, "")}`;
  get("link").value = `${here}/door?invitation=${made.invitation}`;
  get("link-words").replaceChildren(safeText(`For ${name}: it works once, for three days.`));
  get("link-copy").textContent = "Copy";
  get("link-dialog").showModal();
  get("link").select();
}

get("link-copy").addEventListener("click", async () => {
  get("link").select();
  const copied = await navigator.clipboard?.writeText(get("link").value).then(() => true, () => false);
  get("link-copy").textContent = copied || document.execCommand("copy") ? "Copied" : "Select and copy it";
});
get("link-dialog").addEventListener("close", () => { get("link").value = ""; });

const form = get("invite-form");

function openForm() {
  if (!state) return;
  form.reset();
  get("invite-refused").hidden = true;
  get("invite-role").replaceChildren(...state.roles.map((role) => new Option(`${role}: ${MAY[role] ?? ""}`, role, false, role === "reviewer")));
  get("invite-dialog").showModal();
  form.elements.name.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = form.elements.name.value.trim(), submit = form.querySelector("[type=submit]");
  submit.disabled = true; // pressed twice, it is made once
  try {
    const made = await ask("people/invite", {name, role: form.elements.role.value});
    get("invite-dialog").close();
    showLink(name, made);
  } catch (error) {
    get("invite-refused").textContent = `${error.message}. ${error.fix ?? ""}`;
    get("invite-refused").hidden = false;
  } finally {
    submit.disabled = false;
  }
  await look();
});
get("invite").addEventListener("click", openForm);
get("invite-cancel").addEventListener("click", () => get("invite-dialog").close());

// The log: new lines come on top, older ones on demand.
let newest = 0, oldest = 0;

async function newLines() {
  const page = await ask("people/audit.json").catch(() => null);
  if (!page) return;
  const fresh = page.lines.filter((line) => line.id > newest);
  if (newest && fresh.length === page.lines.length && page.more) get("audit-rows").replaceChildren(); // too many came at once to join on
  get("audit-rows").prepend(...fresh.map(line));
  if (!oldest || !get("audit-rows").children.length) get("audit-more").hidden = !page.more;
  newest = Math.max(newest, ...fresh.map((each) => each.id));
  oldest = Number(get("audit-rows").lastElementChild?.dataset.id ?? 0);
  get("audit-none").hidden = oldest > 0;
}

get("audit-more").addEventListener("click", async () => {
  try {
    const page = await ask(`people/audit.json?before=${oldest}`);
    get("audit-rows").append(...page.lines.map(line));
    oldest = page.lines.at(-1)?.id ?? oldest;
    get("audit-more").hidden = !page.more;
  } catch (error) {
    warn(`Older lines cannot be read now: ${error.message}. ${error.fix ?? ""}`);
  }
});

function line(each) {
  const by = each.who ?? (each.action === "sign-in failed" ? "a stranger" : each.detail.by ?? "the command line");
  const detail = Object.entries(each.detail).filter(([, value]) => value !== by).map(([key, value]) => `${key} ${value}`).join(", ");
  const whom = [each.subject === each.who ? "" : each.subject, detail].filter(Boolean).join(" · ");
  const item = element("li", `line${each.action === "sign-in failed" ? " failed" : ""}`,
    element("span", "mute", when(each.at)), element("span", "", safeText(by)),
    element("span", "what", each.action), element("span", "", safeText(whom)), element("span", "mute", each.address ?? ""));
  item.dataset.id = each.id;
  return item;
}

const KEYS = {s: "out", d: "active", l: "link", r: "role"};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || event.target.tagName === "SELECT") return;
  const all = [...rows.children];
  const at = all.indexOf(document.activeElement?.closest?.(".person"));
  const key = event.key.toLowerCase();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))];
    if (next) { next.focus(); event.preventDefault(); }
  } else if (key === "i") { openForm(); event.preventDefault(); }
  else if (KEYS[key] && at >= 0) {
    const found = all[at].querySelector(`[data-does="${KEYS[key]}"]`);
    if (key === "r") found?.focus(); else found?.click();
    event.preventDefault();
  }
});

const look = keepAsking("people", {what: "The list of people", show(found) { state = found; draw(); newLines(); }});
