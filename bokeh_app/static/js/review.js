// The review page: the next messages are here before they are wanted; a key labels, submits and moves on.
import {facts, say, warn} from "./shell.js";
import {bodyOf, chip, element, markedText, safeText} from "./text.js";
import {call, Outbox, uuid} from "./outbox.js";

const AHEAD = 6;
const REFILL_AT = 3;
const HEARTBEATS_A_LEASE = 4;
const HELD_MOST = 20;
const PANEL_MS = 10_000;
const IDLE_MS = 3_000;

const get = (id) => document.getElementById(id);
const outbox = new Outbox({
  onChange: showStatus,
  onAnswer: (answer) => { deskAway = false; if (answer.messages) take(answer.messages); },
  onRefused: ({verdict}) => { last = last.filter((each) => each.lease !== verdict.lease_id); showLast(); if (ready.length <= REFILL_AT) claim(); },
});
let ready = [];       // messages in hand, the first is on the screen
let done = new Set(); // leases judged here: a claim that was under way may still name them
let last = [];
let shownAt = performance.now();
let claiming = false;
let mayJudge = true;
let panel = null;
let deskAway = false;
let signedOut = false;
let takingBack = false; // an undo is under way: what is pressed meanwhile is meant for the message that comes back
let pressed = [];
globalThis.tallyroom = {keyToNext: [], outbox};

const are = (n, noun) => `${n} ${noun}${n === 1 ? " is" : "s are"}`;

function showStatus() {
  const unsent = outbox.waiting.length, refused = outbox.refused.length;
  if (signedOut || outbox.trouble?.status === 401) warn("Your session has ended. Open a new link in this browser ('tallyroom link' prints one): what you judged is kept here and sent then.");
  else if (outbox.trouble?.status >= 500) warn(`The desk cannot save at the moment: ${outbox.trouble.message}. ${are(unsent, "verdict")} kept in this browser and sent when it can.`);
  else if (outbox.offline || deskAway) warn(`No connection. You can go on with ${ready.length} message${ready.length === 1 ? "" : "s"} that you hold; ${are(unsent, "verdict")} kept in this browser and sent when it is back.`);
  else if (unsent && !outbox.keeps) warn("This browser keeps nothing over a reload: stay on this page until it says 'saved'.");
  else warn("");
  if (unsent) say(outbox.offline ? "away" : "busy", `${unsent} not yet saved`);
  else if (refused) say("busy", `${refused} not taken`);
  else say("live", outbox.taken ? "saved" : "ready");
  showRefused();
}

// What the store would not have stays here, over a reload too, until the person has decided.
function showRefused() {
  const entry = outbox.refused.at(-1);
  get("refused").hidden = !entry;
  if (!entry || get("refused").dataset.place === `${entry.place} ${outbox.refused.length}`) return;
  get("refused").dataset.place = `${entry.place} ${outbox.refused.length}`;
  const again = element("button", "btn", "Send again"), drop = element("button", "btn", "Let it go");
  again.type = drop.type = "button";
  again.onclick = () => outbox.sendAgain(entry);
  drop.onclick = () => outbox.letGo(entry);
  const more = outbox.refused.length > 1 ? ` (and ${outbox.refused.length - 1} before it)` : "";
  get("refused").replaceChildren(`Not taken (${entry.verdict.klass ?? entry.verdict.kind})${more}: ${entry.why}. ${entry.fix} `, again, drop);
}

async function claim() {
  if (claiming || !mayJudge) return;
  claiming = true;
  try {
    const {room, messages} = await call("desk/claim", {count: AHEAD});
    deskAway = signedOut = false;
    outbox.open(room, facts.person.name);
    take(messages);
  } catch (error) {
    trouble(error);
    if (error.status === 403) { mayJudge = false; nothing(`${error.message}. ${error.fix}`); }
    else if (ready.length === 0) nothing("The desk cannot be reached. It is asked again every few seconds.");
  } finally {
    claiming = false;
    showStatus();
  }
}

function trouble(error) {
  signedOut = error.status === 401;
  deskAway = !error.status || error.status >= 500;
}

// All that the desk says this person holds. The one on the screen stays there, whatever became of its lease: a message
// that changes under the finger would be judged for another, and a late verdict counts.
function take(messages) {
  const empty = ready.length === 0;
  const waiting = new Set(outbox.waiting.map(({verdict}) => verdict.kind === "flag" ? null : verdict.lease_id));
  const held = messages.filter((message) => !done.has(message.lease_id) && !waiting.has(message.lease_id));
  const known = new Set(ready.map((message) => message.lease_id));
  const stillHeld = new Set(held.map((message) => message.lease_id));
  ready = [...ready.filter((message, index) => index === 0 || stillHeld.has(message.lease_id)), ...held.filter((message) => !known.has(message.lease_id))];
  if (empty) show();
}

function show() {
  const [message] = ready;
  for (const id of ["choices", "keys", "from", "place"]) get(id).hidden = !message;
  get("message").hidden = !message;
  if (!message) { get("legend").hidden = true; get("says").replaceChildren(); nothing(emptyWords()); return; }
  get("nothing").hidden = true;
  const predicted = message.predicted?.klass;
  const place = get("message");
  place.dir = "auto";
  place.style.setProperty("--tint", facts.colors[predicted] || "transparent");
  place.replaceChildren(markedText(message.body, message.marks, "towards"));
  place.scrollTop = 0;
  place.dataset.lease = message.lease_id;
  get("from").replaceChildren("from ", senderOf(message), when(message.sent_at));
  get("place").textContent = message.blind ? "blind" : message.overlap > 1 ? `${ordinal(message.place)} of ${message.overlap} reviewers` : "";
  get("legend").hidden = !message.blind && message.marks.length === 0;
  get("legend").textContent = message.blind
    ? "Blind: what the model says stays hidden, to see how far it would sway you."
    : `Underlined: what moved the model, in colour towards ${predicted}, grey away from it.`;
  for (const button of get("choices").children) {
    const on = button.dataset.klass === predicted;
    button.classList.toggle("on", on);
    button.classList.remove("pressed");
    button.querySelector(".sure").textContent = on ? ` ${Math.round(100 * message.predicted.confidence)} %` : "";
  }
  get("confirm-hint").hidden = !predicted;
  get("says").replaceChildren(...(message.says.length
    ? message.says.map((each) => element("div", "says", each.who, chip(each.klass, facts), element("span", "sure", each.confidence === null ? "" : each.confidence.toFixed(2).replace(/^0/, ""))))
    : [element("p", "sub", message.blind ? "Hidden: this one is judged blind." : "Nothing: no model has read it, no rule hits it.")]));
  shownAt = performance.now();
}

function senderOf(message) {
  const name = element("b", "", safeText(message.sender || "unknown"));
  name.dir = "auto";
  return name;
}

function when(ms) {
  if (ms === null) return "";
  const at = new Date(ms), today = new Date();
  const days = Math.round((new Date(today).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  const time = at.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
  if (days === 0) return ` · today ${time}`;
  if (days === 1) return ` · yesterday ${time}`;
  return ` · ${at.toLocaleDateString([], {day: "numeric", month: "short", year: at.getFullYear() === today.getFullYear() ? undefined : "numeric"})} ${time}`;
}

const ordinal = (n) => `${n}${["th", "st", "nd", "rd"][n] ?? "th"}`;

function nothing(sentence) {
  for (const id of ["choices", "keys", "message", "legend"]) get(id).hidden = true;
  get("nothing").hidden = false;
  get("nothing").textContent = sentence;
}

function emptyWords() {
  if (!panel) return "One moment.";
  if (panel.queues.length === 0) return "No queue is open yet. The pipeline opens one as soon as it has a champion: 'tallyroom run'.";
  const held = panel.queues.reduce((sum, queue) => sum + queue.held, 0);
  const back = Math.min(...panel.queues.map((queue) => queue.back_in_seconds ?? Infinity));
  if (held && Number.isFinite(back)) return `Nothing is free this moment: ${held} ${held === 1 ? "message is" : "messages are"} in colleagues' hands, the first comes back in ${duration(back)} at the latest.`;
  const open = panel.queues.reduce((sum, queue) => sum + queue.total - queue.done, 0);
  if (open) return `Nothing is left for you: ${open === 1 ? "1 message waits" : `${open} messages wait`} for other reviewers. New ones come up here by themselves.`;
  return "All judged. New messages come up here by themselves.";
}

const duration = (seconds) => (seconds < 90 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`);

// A verdict on the message on the screen: kept first, sent in the background, the next one shown at once.
function judge(kind, klass) {
  const [message] = ready;
  if (!message) return;
  const pressedAt = performance.now();
  ready.shift();
  done.add(message.lease_id);
  if (kind === "label") last.unshift({body: message.body, klass, lease: message.lease_id, task: message.task_id});
  last.length = Math.min(last.length, 8);
  give(message, kind, {klass, seconds: Math.min(Math.round(pressedAt - shownAt) / 1000, 86_400)});
  show();
  requestAnimationFrame(() => globalThis.tallyroom.keyToNext.push(performance.now() - pressedAt));
  showLast();
  countHere(kind);
}

// Its answer brings the next messages where they run out.
function give(message, kind, more) {
  const verdict = {lease_id: message.lease_id, kind, ...more};
  if (ready.length <= REFILL_AT) verdict.claim = AHEAD;
  outbox.put(verdict);
}

function countHere(kind) {
  if (!panel || kind !== "label") return;
  panel.day.verdicts += 1;
  if (panel.queues[0] && panel.queues[0].overlap === 1) panel.queues[0].done += 1;
  showPanel();
}

async function undo() {
  takingBack = true;
  say("busy", "taking back");
  try {
    const refused = outbox.refused.length;
    const settled = await outbox.settled();
    if (!settled || outbox.refused.length > refused) { // not there to be taken back: the one before it is not meant
      pressed = [];
      showStatus();
      if (!settled) say("away", "undo needs the connection");
      return;
    }
    const asked = {uuid: uuid()};
    const {message} = await call("desk/undo", asked).catch((error) => {
      if (error.status) throw error;
      return call("desk/undo", asked); // the line broke: the same undo again takes back one verdict, not two
    });
    if (message) {
      ready = [message, ...ready.filter((each) => each.lease_id !== message.lease_id)];
      last = last.filter((each) => each.task !== message.task_id);
      showLast();
      show();
    }
    showStatus();
    say("live", message ? "taken back" : "nothing to undo");
    loadPanel();
  } catch (error) {
    pressed = [];
    trouble(error);
    if (!error.status) await claim(); // it may have come through: then the desk hands the message out again
    showStatus();
    say("away", error.status ? `not taken back: ${error.message}` : "the connection broke: look whether it was taken back");
  } finally {
    takingBack = false;
    while (pressed.length && !takingBack) pressed.shift()();
  }
}

// Everything that a person does goes through here, in its order.
function act(action) {
  if (takingBack) pressed.push(action);
  else action();
}

function showLast() {
  get("last").replaceChildren(...last.map((each) => element("li", "", bodyOf(each.body), chip(each.klass, facts))));
}

// Gives whether it came.
async function loadPanel() {
  try {
    panel = await call("desk/panel.json");
  } catch (error) {
    trouble(error);
    showStatus();
    return false;
  }
  const wasAway = deskAway || signedOut;
  deskAway = signedOut = false;
  mayJudge = panel.may_judge;
  showPanel();
  if (wasAway) showStatus();
  if (!mayJudge) nothing("You may look, and not judge: a lead can make you a reviewer.");
  else if (ready.length === 0) nothing(emptyWords());
  return true;
}

function showPanel() {
  const queue = panel.queues[0];
  get("queue-count").textContent = queue ? `${queue.done.toLocaleString("en")} of ${queue.total.toLocaleString("en")}` : "none open";
  get("queue-bar").style.width = queue && queue.total ? `${100 * queue.done / queue.total}%` : "0";
  const blind = queue && queue.blind_share > 0 ? ` One in ${Math.max(1, Math.round(1 / queue.blind_share))} comes blind, its prediction hidden until you judge: so the office sees how far the prediction sways it.` : "";
  get("queue-words").textContent = queue ? queue.sentence + blind : emptyWords();
  const {verdicts, seconds, compared, agreed} = panel.day;
  const pace = seconds === null ? "" : ` · ${seconds.toFixed(1)} s each`;
  const agrees = panel.queues[0]?.overlap > 1 && compared ? `\nagrees with the office ${Math.round(100 * agreed / compared)} %` : "";
  get("day-words").textContent = `${verdicts} verdict${verdicts === 1 ? "" : "s"}${pace}${agrees}`;
  if (get("guide").dataset.text !== panel.guide) showGuide(panel.guide);
}

// The guide is Markdown of the room's own: headings, paragraphs, lists, bold and emphasis are shown, all else stays text.
function showGuide(text) {
  get("guide").dataset.text = text;
  get("guide").replaceChildren();
  for (const part of text.replace(/^(#+ .*)$/gm, "\n\n$1\n\n").split(/\n\s*\n/).map((each) => each.trim()).filter(Boolean)) {
    const items = part.split(/^[-*] +/m);
    if (items.length > 1 && !items[0]) get("guide").append(element("ul", "", ...items.slice(1).map((item) => inline("li", item))));
    else get("guide").append(part.startsWith("#") ? inline("h3", part.replace(/^#+\s*/, "")) : inline("p", part));
  }
}

function inline(tag, text) {
  const made = element(tag, "");
  for (const piece of text.split(/(\*\*[^*]+\*\*|\*[^*]+\*)/)) {
    if (/^\*\*.+\*\*$/s.test(piece)) made.append(element("b", "", safeText(piece.slice(2, -2))));
    else if (/^\*.+\*$/s.test(piece)) made.append(element("em", "", safeText(piece.slice(1, -1))));
    else safeText(piece, made);
  }
  return made;
}

function flag() {
  const [message] = ready;
  if (!message) return;
  const dialog = get("flag-note");
  get("note").value = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "flag") give(message, "flag", {note: get("note").value.trim() || null});
    dialog.returnValue = "";
  };
  dialog.showModal();
}

function confirm() {
  const [message] = ready;
  if (message?.predicted) judge("label", message.predicted.klass);
  else if (message) say("busy", "nothing to confirm: choose a class");
}

const actions = {
  s: () => judge("skip"),
  f: flag,
  u: undo,
  "?": () => get("key-help").showModal(),
  enter: confirm,
};

facts.classes.forEach((klass, index) => {
  const key = index < 9 ? String(index + 1) : "";
  const button = element("button", "choice", element("span", "", element("span", "name", klass), element("span", "sure")), key ? element("kbd", "", key) : "");
  button.type = "button";
  button.dataset.klass = klass;
  button.style.setProperty("--chip", facts.colors[klass]);
  if (key) button.setAttribute("aria-keyshortcuts", key);
  button.onclick = (event) => {
    if (event.detail) get("message").focus({preventScroll: true}); // by mouse: else Enter would press this button again
    act(() => judge("label", klass));
  };
  get("choices").append(button);
  if (key) actions[key] = () => judge("label", klass);
});
for (const [keys, what] of [...facts.classes.slice(0, 9).map((klass, index) => [String(index + 1), `it is ${klass}`]), ["Enter", "confirm what the model says"], ["S", "skip: somebody else judges it"], ["F", "flag it with a note"], ["U", "undo, as often as you like"], ["?", "this list"], ["Esc", "close"]])
  get("key-table").append(element("tr", "", element("td", "", element("kbd", "", keys)), element("td", "", what)));

for (const id of ["skip", "flag", "undo", "help"]) get(id).onclick = () => act(actions[{skip: "s", flag: "f", undo: "u", help: "?"}[id]]);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]") || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return; // Enter presses what has the focus
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  act(action);
});

// By what the key says; where that is neither a Latin letter nor a digit (French digits, Cyrillic), by where it is.
function actionOf(event) {
  const key = event.key.toLowerCase();
  if (actions[key] || event.shiftKey || /^[a-z0-9]$/.test(key)) return actions[key];
  return actions[/^(?:Digit|Key)([1-9SFU])$/.exec(event.code)?.[1].toLowerCase()];
}

let touch = null; // a swipe to the left skips, on a phone
get("message").addEventListener("touchstart", (event) => { touch = event.changedTouches[0]; }, {passive: true});
get("message").addEventListener("touchend", (event) => {
  const end = event.changedTouches[0];
  if (touch && touch.clientX - end.clientX > 120 && Math.abs(touch.clientY - end.clientY) < 60) act(actions.s);
}, {passive: true});

async function beat() {
  if (!ready.length) return;
  const leases = ready.slice(0, HELD_MOST).map((message) => message.lease_id);
  try {
    const {held} = await call("desk/heartbeat", {lease_ids: leases});
    deskAway = false;
    if (held < leases.length) claim(); // some were taken back while this machine slept
  } catch (error) { trouble(error); }
  showStatus();
}

async function begin() {
  claim();
  while (!(await loadPanel())) await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  setInterval(beat, 1000 * panel.lease_seconds / HEARTBEATS_A_LEASE);
  setInterval(() => { if (!document.hidden) loadPanel(); }, PANEL_MS);
  setInterval(() => { if (!document.hidden && ready.length === 0) claim(); }, IDLE_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
}

begin();
