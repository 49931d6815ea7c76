// Look-alikes: the messages that wait and share the template of the one on the screen. One verdict for all of them,
// after a look at some: what is shown, the desk decides, and it takes no verdict on a group that was not looked at.
import {facts, say} from "./shell.js";
import {chip, element, safeText} from "./text.js";
import {act, addAction, keyOf} from "./keys.js";
import {readingText} from "./reading.js";
import {call} from "./outbox.js";

const LONG = 400; // characters of a message in the list
const get = (id) => document.getElementById(id);
const dialog = get("group");
const known = new Map(); // lease -> what stands below its message, null where nothing does
let hand = null;
let judged = null;
let current = null; // the message on the screen
let group = null; // the one that is open: {seen, out, unseen, openedAt}

// judgeGroup({verdict, leases, task, words}): the person's decision.
export function setUpLookalikes(theHand, judgeGroup) {
  hand = theHand;
  judged = judgeGroup;
  addAction("l", "look through the look-alikes, to judge them together", open);
  get("open-group").onclick = () => act(open);
  get("group-close").onclick = () => dialog.close();
  dialog.onclose = () => { group = null; };
  facts.classes.forEach(addChoice);
  document.addEventListener("message-shown", ({detail}) => { current = detail; showFoot(); ask(); });
  current = hand.current ?? null;
  if (current) ask();
}

function addChoice(klass, index) {
  const key = index < 9 ? String(index + 1) : "";
  const button = element("button", "whole", element("span", "name", klass), key ? element("kbd", "", key) : "");
  button.type = "button";
  button.dataset.klass = klass;
  button.style.setProperty("--chip", facts.colors[klass]);
  if (key) button.setAttribute("aria-keyshortcuts", key);
  button.onclick = () => judge(klass);
  get("group-choices").append(button);
}

// For all messages in hand at once: most have none, and then nothing more is asked of them.
async function ask() {
  const leases = hand.leases.filter((lease) => !known.has(lease));
  if (!leases.length) return;
  for (const lease of leases) known.set(lease, null);
  try {
    const {lookalikes} = await call("desk/lookalikes", {lease_ids: leases});
    for (const foot of lookalikes) known.set(foot.lease_id, foot);
  } catch {
    for (const lease of leases) known.delete(lease); // asked again with the next message
  }
  showFoot();
}

function showFoot() {
  const foot = current ? known.get(current.lease_id) : null;
  get("lookalikes").hidden = !foot;
  if (!foot) return;
  const others = foot.size - 1;
  const klass = current.predicted?.klass;
  const alike = (foot.predicted[klass] ?? 1) - 1;
  const said = klass ? `, ${alike === others ? "all" : alike.toLocaleString("en")} of them predicted ${klass}` : "";
  const many = element("b", "", `${others.toLocaleString("en")}${foot.more ? " and more" : ""} look-alike${others === 1 ? "" : "s"}`);
  get("lookalikes-words").replaceChildren(many, ` ${others === 1 ? "shares" : "share"} this message's template${said}.`);
  get("lookalikes-pattern").replaceChildren("“", patternOf(foot.pattern), "”");
}

// A star stands for what varies; as text it may be in no pattern, because a star is no word.
function patternOf(pattern) {
  const made = document.createDocumentFragment();
  pattern.split(/(\*)/).forEach((part) => made.append(part === "*" ? varies() : safeText(part)));
  return made;
}

function varies() {
  const made = element("span", "varies", "‹*›");
  made.title = "varies";
  return made;
}

async function open() {
  if (!current || !known.get(current.lease_id)) { say("live", "no look-alikes of this message wait"); return; }
  const message = current;
  say("busy", "gathering look-alikes");
  try {
    const seen = await call("desk/lookalikes/open", {lease_id: message.lease_id});
    if (message !== current) return;
    group = {seen, message, out: new Set(), unseen: new Set(), openedAt: performance.now()};
    showGroup();
    say("live", "ready");
  } catch (error) {
    known.delete(message.lease_id);
    ask();
    say(error.status ? "live" : "away", error.status ? error.message : "look-alikes need the connection");
  }
}

function showGroup() {
  const {seen} = group;
  const n = seen.task_ids.length;
  get("group-title").textContent = `${n.toLocaleString("en")} look-alikes`;
  get("group-pattern").replaceChildren(patternOf(seen.pattern));
  get("group-counts").replaceChildren(...countsOf(seen, n));
  get("group-rows").replaceChildren();
  get("group-error").textContent = errorWords(seen.error);
  const top = group.message.predicted?.klass;
  for (const button of get("group-choices").children) button.classList.toggle("on", button.dataset.klass === top);
  dialog.showModal();
  show(seen.shown.slice(0, seen.first));
  get("group-rows").querySelector("button").focus();
  showWords();
}

function countsOf(seen, n) {
  const counted = Object.entries(seen.predicted).flatMap(([klass, many]) => [chip(klass, facts), ` ${many.toLocaleString("en")} `]);
  const others = Math.max(0, Object.values(seen.predicted).reduce((sum, many) => sum + many, 0) - n);
  const otherwise = others ? `The ${others === 1 ? "one" : others} predicted otherwise stay${others === 1 ? "s" : ""} in the queue. ` : "";
  const more = seen.more ? "The first of more that wait. " : "";
  const whole = seen.of_template > n + others ? `The template has ${seen.of_template.toLocaleString("en")} messages in all.` : "";
  return [...(counted.length ? ["predicted: ", ...counted] : []), element("span", "sub", `${otherwise}${more}${whole}`)];
}

function rowOf(shown) {
  const why = element("span", "why", shown.why);
  const said = shown.klass ? chip(shown.klass, facts) : "";
  const text = element("span", "body", readingText(shown.body.slice(0, LONG), shown.varying));
  text.dir = "auto";
  const row = element("button", "member", text, element("span", "facts", why, said, element("span", "sure", sureOf(shown))));
  row.type = "button";
  row.dataset.task = shown.task_id;
  row.setAttribute("aria-pressed", "false");
  row.setAttribute("aria-keyshortcuts", "X");
  row.onclick = () => toggle(row);
  return element("li", "", row);
}

const sureOf = ({confidence}) => (confidence === null ? "" : `${Math.round(100 * confidence)} %`);

// Half of the look comes first, the other half once one of these is taken out.
function show(more) {
  const rows = more.map(rowOf);
  get("group-rows").append(...rows);
  watch(rows.map((row) => row.firstElementChild));
}

function toggle(row) {
  if (get("group-rows").childElementCount < group.seen.shown.length) show(group.seen.shown.slice(group.seen.first));
  const task = Number(row.dataset.task), out = !group.out.has(task);
  if (out) group.out.add(task); else group.out.delete(task);
  row.classList.toggle("out", out);
  row.setAttribute("aria-pressed", String(out));
  showWords();
}

// Judged is what was seen: on a phone the list must have been scrolled through.
function watch(rows) {
  const opened = group;
  const eye = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { opened.unseen.delete(entry.target); eye.unobserve(entry.target); }
    if (group === opened) showWords();
  }, {threshold: 0.6});
  for (const row of rows) { opened.unseen.add(row); eye.observe(row); }
}

function showWords() {
  const {seen, out, unseen} = group;
  const left = seen.task_ids.length - out.size;
  const taken = out.size ? `${out.size} taken out, to be judged by ${out.size === 1 ? "itself" : "themselves"}. ` : "";
  const look = unseen.size ? `${unseen.size} more to look at. ` : "";
  const all = left === 1 ? "the one left" : `all ${left.toLocaleString("en")}`;
  const half = get("group-rows").childElementCount < seen.shown.length ? " and shows more" : "";
  get("group-words").textContent = `${look}${taken}A press takes one out${half}; a class judges ${all}, save a few that somebody else judges blind.`;
}

function errorWords({checked, otherwise, share, low, high, waiting}) {
  if (!checked) return waiting ? `No spot check of this template is judged yet; ${waiting} wait for somebody else.` : "No group of this template has been checked yet.";
  const percent = (part) => `${Math.round(100 * part)}`;
  return `Of ${checked} spot check${checked === 1 ? "" : "s"} of this template others judged ${otherwise} otherwise: some ${percent(share)} % of what was labelled unseen is wrong (${percent(low)} to ${percent(high)}).`;
}

function judge(klass) {
  if (!group) return;
  const {seen, message, out, unseen, openedAt} = group;
  if (unseen.size) {
    [...unseen][0].scrollIntoView({block: "center"});
    showWords();
    return;
  }
  const members = new Set(seen.task_ids.filter((task) => !out.has(task)));
  if (!members.size) return;
  dialog.close();
  // Of the others in hand the desk may have counted some in: the same template, and none that was taken out.
  const leases = hand.ready.filter((each) => members.has(each.task_id)).map((each) => each.lease_id);
  const seconds = Math.min(Math.round(performance.now() - openedAt) / 1000, 86_400);
  known.clear();
  judged({
    verdict: {token: seen.token, klass, excluded: [...out], seconds},
    leases,
    task: message.task_id,
    words: `${members.size} look-alikes: ${message.body.slice(0, 200)}`,
  });
}

dialog.addEventListener("keydown", (event) => {
  event.stopPropagation(); // the page's own keys must not judge the next message once this one has closed the group
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !group) return;
  const key = keyOf(event) ?? event.key.toLowerCase();
  const rows = [...get("group-rows").querySelectorAll("button")];
  const place = rows.indexOf(document.activeElement);
  if (/^[1-9]$/.test(key) && facts.classes[key - 1]) judge(facts.classes[key - 1]);
  else if (key === "x" && place >= 0) toggle(rows[place]);
  else if (key === "arrowdown" || key === "j") rows[Math.min(place + 1, rows.length - 1)].focus();
  else if (key === "arrowup" || key === "k") rows[Math.max(place - 1, 0)].focus();
  else return;
  event.preventDefault();
});
