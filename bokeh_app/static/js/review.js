// The review page: the next messages are here before they are wanted; a key labels, submits and moves on.
import {ask, facts, say, warn} from "./shell.js";
import {bodyOf, chip, element, markedText, safeText} from "./text.js";
import {Outbox} from "./outbox.js";

const AHEAD = 6;
const REFILL_AT = 3;
const HEARTBEAT_MS = 45_000;
const PANEL_MS = 10_000;
const IDLE_MS = 3_000;

const get = (id) => document.getElementById(id);
const outbox = new Outbox(`${facts.person.name}`, showStatus);
let ready = [];       // messages in hand, the first is on the screen
let done = new Set(); // leases judged here: a claim that was under way may still name them
let last = [];
let shownAt = performance.now();
let claiming = false;
let mayJudge = true;
let panel = null;
let deskAway = false;
globalThis.tallyroom = {keyToNext: [], outbox};

function showStatus(error) {
  const unsent = outbox.waiting.length;
  if (error?.status === 401) warn("Your session has ended. Open a new link in this browser ('tallyroom link' prints one): what you judged is kept here and sent then.");
  else if (outbox.offline || deskAway) {
    const left = ready.length;
    warn(`No connection. You can go on with ${left} message${left === 1 ? "" : "s"} that you hold; ${unsent} verdict${unsent === 1 ? " is" : "s are"} kept in this browser and sent when it is back.`);
  } else warn("");
  if (unsent) say(outbox.offline ? "away" : "busy", unsent === 1 ? "1 not yet saved" : `${unsent} not yet saved`);
  else say("live", last.length ? "saved" : "ready");
  const refused = get("refused");
  refused.hidden = outbox.refused.length === 0;
  if (outbox.refused.length) {
    const {verdict, why, fix} = outbox.refused.at(-1);
    const close = element("button", "btn", "All right");
    close.type = "button";
    close.onclick = () => { outbox.refused = []; showStatus(); };
    refused.replaceChildren(`Not taken (${verdict.klass ?? verdict.kind}): ${why}. ${fix} `, close);
  }
}

async function claim() {
  if (claiming || !mayJudge) return;
  claiming = true;
  try {
    const {messages} = await ask("desk/claim", {count: AHEAD});
    deskAway = false;
    const empty = ready.length === 0;
    const waiting = new Set(outbox.waiting.map((verdict) => verdict.lease_id));
    const held = messages.filter((message) => !done.has(message.lease_id) && !waiting.has(message.lease_id));
    const known = new Set(ready.map((message) => message.lease_id));
    const stillHeld = new Set(held.map((message) => message.lease_id));
    ready = [...ready.filter((message, index) => index === 0 || stillHeld.has(message.lease_id)), ...held.filter((message) => !known.has(message.lease_id))];
    if (empty) show();
  } catch (error) {
    if (error.status === 403) { mayJudge = false; nothing(`${error.message}. ${error.fix}`); }
    else deskAway = true;
    if (ready.length === 0) nothing(deskAway ? "The desk cannot be reached. It is asked again every few seconds." : error.message);
  } finally {
    claiming = false;
    showStatus();
  }
}

function show() {
  const [message] = ready;
  get("refused").hidden = outbox.refused.length === 0;
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
  get("from").replaceChildren("from ", element("b", "", safeText(message.sender || "unknown")), when(message.sent_at));
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
    : [element("p", "sub", message.blind ? "Hidden until you have judged." : "Nothing: no model has read it, no rule hits it.")]));
  shownAt = performance.now();
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
  if (!panel || panel.queues.length === 0) return "No queue is open yet. The pipeline opens one as soon as it has a champion: 'tallyroom run'.";
  const held = panel.queues.reduce((sum, queue) => sum + queue.held, 0);
  const back = Math.min(...panel.queues.map((queue) => queue.back_in_seconds ?? Infinity));
  if (held && Number.isFinite(back)) return `Nothing is free this moment: ${held} ${held === 1 ? "message is" : "messages are"} in colleagues' hands, the first comes back in ${duration(back)} at the latest.`;
  return "All judged. New messages come up here by themselves.";
}

const duration = (seconds) => (seconds < 90 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`);

// A verdict on the message on the screen: kept, sent in the background, the next one shown at once.
function judge(kind, klass, note) {
  const [message] = ready;
  if (!message) return;
  const pressed = performance.now();
  const seconds = Math.round(pressed - shownAt) / 1000;
  const verdict = {lease_id: message.lease_id, kind, seconds: Math.min(seconds, 86_400)};
  if (klass) verdict.klass = klass;
  if (note) verdict.note = note;
  if (kind !== "flag") {
    ready.shift();
    done.add(message.lease_id);
    if (kind === "label") last.unshift({body: message.body, klass, lease: message.lease_id});
    last.length = Math.min(last.length, 8);
    show();
    requestAnimationFrame(() => globalThis.tallyroom.keyToNext.push(performance.now() - pressed));
    showLast();
    countHere(kind);
  }
  outbox.put(verdict);
  if (ready.length <= REFILL_AT) claim();
}

function countHere(kind) {
  if (!panel || kind !== "label") return;
  panel.day.verdicts += 1;
  if (panel.queues[0] && panel.queues[0].overlap === 1) panel.queues[0].done += 1;
  showPanel();
}

async function undo() {
  if (!(await outbox.settled())) { warn("Undo needs the connection: it waits until your verdicts are saved."); return; }
  try {
    const {message} = await ask("desk/undo", {uuid: crypto.randomUUID()});
    if (!message) { say("live", "nothing to undo"); return; }
    ready.unshift(message);
    last.shift();
    showLast();
    show();
    say("live", "taken back");
    loadPanel();
  } catch (error) { warn(`The undo was not taken: ${error.message}. ${error.fix ?? ""}`); }
}

function showLast() {
  get("last").replaceChildren(...last.map((each) => element("li", "", bodyOf(each.body), chip(each.klass, facts))));
}

async function loadPanel() {
  try { panel = await ask("desk/panel.json"); } catch { return; }
  mayJudge = panel.may_judge;
  showPanel();
  if (!mayJudge) nothing("You may look, and not judge: a lead can make you a reviewer.");
  else if (ready.length === 0) nothing(emptyWords());
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

// The guide is Markdown of the room's own; paragraphs, bold and emphasis are shown, all else stays text.
function showGuide(text) {
  get("guide").dataset.text = text;
  get("guide").replaceChildren(...text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => {
    const heading = part.match(/^#+\s+(.*)/s);
    const made = element(heading ? "b" : "p", "");
    for (const piece of (heading ? heading[1] : part).split(/(\*\*[^*]+\*\*|\*[^*]+\*)/)) {
      if (/^\*\*.+\*\*$/s.test(piece)) made.append(element("b", "", piece.slice(2, -2)));
      else if (/^\*.+\*$/s.test(piece)) made.append(element("em", "", piece.slice(1, -1)));
      else made.append(piece);
    }
    return made;
  }));
}

function flag() {
  if (!ready.length) return;
  const dialog = get("flag-note");
  get("note").value = "";
  dialog.onclose = () => { if (dialog.returnValue === "flag") judge("flag", null, get("note").value.trim()); dialog.returnValue = ""; };
  dialog.showModal();
}

const actions = {
  s: () => judge("skip"),
  f: flag,
  u: undo,
  "?": () => get("key-help").showModal(),
  enter: () => { const klass = ready[0]?.predicted?.klass; if (klass) judge("label", klass); },
};

facts.classes.forEach((klass, index) => {
  const key = index < 9 ? String(index + 1) : "";
  const button = element("button", "choice", element("span", "", element("span", "name", klass), element("span", "sure")), key ? element("kbd", "", key) : "");
  button.type = "button";
  button.dataset.klass = klass;
  button.style.setProperty("--chip", facts.colors[klass]);
  button.setAttribute("aria-keyshortcuts", key);
  button.onclick = () => judge("label", klass);
  get("choices").append(button);
  if (key) actions[key] = () => judge("label", klass);
});
for (const [keys, what] of [...facts.classes.slice(0, 9).map((klass, index) => [String(index + 1), `it is ${klass}`]), ["Enter", "confirm what the model says"], ["S", "skip: somebody else judges it"], ["F", "flag it with a note"], ["U", "undo, as often as you like"], ["?", "this list"], ["Esc", "close"]])
  get("key-table").append(element("tr", "", element("td", "", element("kbd", "", keys)), element("td", "", what)));

for (const id of ["skip", "flag", "undo", "help"]) get(id).onclick = actions[{skip: "s", flag: "f", undo: "u", help: "?"}[id]];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]") || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return; // Enter presses what has the focus
  const action = actions[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});

let touch = null; // a swipe to the left skips, on a phone
get("message").addEventListener("touchstart", (event) => { touch = event.changedTouches[0]; }, {passive: true});
get("message").addEventListener("touchend", (event) => {
  const end = event.changedTouches[0];
  if (touch && touch.clientX - end.clientX > 120 && Math.abs(touch.clientY - end.clientY) < 60) judge("skip");
}, {passive: true});

setInterval(() => { if (ready.length) ask("desk/heartbeat", {lease_ids: ready.map((message) => message.lease_id)}).then(() => { deskAway = false; }, () => { deskAway = true; }).finally(showStatus); }, HEARTBEAT_MS);
setInterval(() => { if (!document.hidden) loadPanel(); }, PANEL_MS);
setInterval(() => { if (!document.hidden && ready.length === 0) claim(); }, IDLE_MS);

outbox.send();
await Promise.all([loadPanel(), claim()]);
showStatus();
