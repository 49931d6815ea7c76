// The review page: the next messages are here before they are wanted; a key labels, submits and moves on.
import {facts, say} from "./shell.js";
import {bodyOf, chip, element} from "./text.js";
import {call, Outbox, uuid} from "./outbox.js";
import {act, addAction, forget, hold, release} from "./keys.js";
import {buildChoices, takeSecond} from "./choices.js";
import {fold, nothing, prepare, show, showTranslation} from "./message.js";
import {AHEAD, Hand} from "./hand.js";
import {emptyWords, showStatus} from "./status.js";
import {loadChanged, showPanel} from "./panel.js";
import {answered, openHistory, setUpHistory} from "./history.js";
import {listenToSwipes} from "./touch.js";
import {setUpLookalikes} from "./lookalikes.js";
import {follow} from "./feed.js";
import {gathered} from "./gathered.js";

export {addAction} from "./keys.js";

const HEARTBEATS_A_LEASE = 4;
const PANEL_MS = 30_000; // the page counts its own verdicts meanwhile
const NEWS_MS = 3_000; // who has nothing to judge hears of it sooner
const CHANGED_MS = 300_000;
const SPREAD_MS = 1_000; // a whole office hears of something in one moment, and is not to ask in one
const IDLE_MS = 3_000;
const TICK_MS = 2_000;
const SLEPT_MS = 15_000;
const BUILT_AHEAD = 2;
const TRANSLATE_MS = 300;
const MEASURED_MOST = 5_000;

const get = (id) => document.getElementById(id);
const hand = new Hand();
const outbox = new Outbox({
  onChange: status,
  onAnswer: (answer, verdict) => {
    deskAway = false;
    if (answer.messages) take(answer.messages);
    if (verdict.changes) { answered(verdict, answer); loadPanel(); }
  },
  onRefused: ({verdict, why, leases}) => {
    if (verdict.changes) answered(verdict, null, why);
    else if (leases) { hand.restore(leases); last = last.filter((each) => each.uuid !== verdict.uuid); }
    else last = last.filter((each) => each.lease !== verdict.lease_id);
    showLast();
    if (hand.low) claim();
  },
});
let last = [];
let shownAt = performance.now();
let claiming = false;
let mayJudge = true;
let panel = null;
let deskAway = false; // by its answers
let lineAway = false; // by the feed
let signedOut = false;
let translating = 0;
globalThis.tallyroom = {keyToNext: [], outbox, hand};

function status() { showStatus({outbox, hand, deskAway: deskAway || lineAway, signedOut}); }

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
    else if (!hand.current) nothing("The desk cannot be reached. It is asked again every few seconds.");
    if (mayJudge && !hand.current) setTimeout(news, IDLE_MS);
  } finally {
    claiming = false;
    status();
  }
}

function trouble(error) {
  signedOut = error.status === 401;
  deskAway = !error.status || error.status >= 500;
}

function take(messages) {
  const unsent = new Set(outbox.waiting.flatMap(({verdict, leases}) => (verdict.kind === "flag" ? [] : leases ?? [verdict.lease_id])));
  if (panel) hand.heldFor(panel.lease_seconds);
  if (hand.take(messages, unsent)) next();
  else buildAhead();
  if (messages.length && panel?.queues.length === 0) loadPanel(); // a queue has opened since it was read
}

function next() {
  if (hand.current) show(hand.current);
  else nothing(emptyWords(panel));
  shownAt = performance.now();
  buildAhead();
  translateSoon(hand.current);
}

// Only where somebody stays on a message: most need no translation, and it is work for somebody's machine.
function translateSoon(message) {
  clearTimeout(translating);
  if (!message || !panel?.translates) return;
  translating = setTimeout(() => call("desk/translation", {lease_id: message.lease_id}).then(({text}) => showTranslation(message, text), () => {}), TRANSLATE_MS);
}

const whenIdle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 30));
function buildAhead() { whenIdle(() => prepare(hand.ready.slice(1, 1 + BUILT_AHEAD))); }

// A verdict on the message on the screen: kept first, sent in the background, the next one shown at once.
function judge(kind, klass) {
  if (!hand.current) return;
  const pressedAt = performance.now();
  const message = hand.next();
  const second = kind === "label" ? takeSecond(klass) : null;
  if (kind === "label") last.unshift({body: message.body, klass, lease: message.lease_id, task: message.task_id});
  last.length = Math.min(last.length, 8);
  give(message, kind, {klass, ...(second ? {second} : {}), seconds: Math.min(Math.round(pressedAt - shownAt) / 1000, 86_400)});
  next();
  measure(pressedAt);
  showLast();
  countHere(kind);
}

// One verdict for a group of look-alikes: those of it that are in hand go, the others come no more.
function judgeGroup({verdict, leases, task, words}) {
  const gone = hand.drop(leases);
  const {uuid: made} = outbox.put({...verdict, claim: AHEAD}, {route: "desk/lookalikes/judge", leases});
  last.unshift({body: words, klass: verdict.klass, uuid: made, task});
  last.length = Math.min(last.length, 8);
  if (gone) next();
  showLast();
}

// From the key until the next message is painted: a task after the frame's own work.
function measure(pressedAt) {
  const measured = globalThis.tallyroom.keyToNext;
  requestAnimationFrame(() => setTimeout(() => {
    measured.push(performance.now() - pressedAt);
    if (measured.length > MEASURED_MOST) measured.shift();
  }));
}

// Its answer brings the next messages where they run out.
function give(message, kind, more) {
  const verdict = {lease_id: message.lease_id, kind, ...more};
  if (hand.low) verdict.claim = AHEAD;
  outbox.put(verdict);
}

function countHere(kind) {
  if (!panel || kind !== "label") return;
  panel.day.verdicts += 1;
  if (panel.queues[0] && panel.queues[0].overlap === 1) panel.queues[0].done += 1;
  showPanel(panel, emptyWords(panel));
}

async function undo() {
  hold();
  say("busy", "taking back");
  try {
    const refused = outbox.refused.length;
    const settled = await outbox.settled();
    if (!settled || outbox.refused.length > refused) { // not there to be taken back: the one before it is not meant
      forget();
      status();
      if (!settled) say("away", "undo needs the connection");
      return;
    }
    const asked = {uuid: uuid()};
    const {message} = await call("desk/undo", asked).catch((error) => {
      if (error.status) throw error;
      return call("desk/undo", asked); // the line broke: the same undo again takes back one verdict, not two
    });
    if (message) {
      hand.back(message);
      last = last.filter((each) => each.task !== message.task_id);
      showLast();
      next();
    }
    status();
    say("live", message ? "taken back" : "nothing to undo");
    loadPanel();
  } catch (error) {
    forget();
    trouble(error);
    if (!error.status) await claim(); // it may have come through: then the desk hands the message out again
    status();
    say("away", error.status ? `not taken back: ${error.message}` : "the connection broke: look whether it was taken back");
  } finally {
    release();
  }
}

function showLast() {
  get("last").replaceChildren(...last.map((each) => element("li", "", bodyOf(each.body.slice(0, 300)), chip(each.klass, facts))));
}

// Gives whether it came.
async function loadPanel() {
  try {
    panel = await call("desk/panel.json");
  } catch (error) {
    trouble(error);
    status();
    return false;
  }
  const wasAway = deskAway || signedOut;
  deskAway = signedOut = false;
  mayJudge = panel.may_judge;
  showPanel(panel, emptyWords(panel));
  if (wasAway) status();
  if (!mayJudge) nothing("You may look, and not judge: a lead can make you a reviewer.");
  else if (!hand.current) nothing(emptyWords(panel));
  return true;
}

function flag() {
  const message = hand.current;
  if (!message) return;
  const dialog = get("flag-note");
  get("note").value = "";
  dialog.querySelector("form").onsubmit = (event) => { // at once: the next key may be pressed before the dialog is gone
    if (event.submitter?.value === "flag") give(message, "flag", {note: get("note").value.trim() || null});
  };
  dialog.showModal();
}

function confirm() {
  if (hand.current?.predicted) judge("label", hand.current.predicted.klass);
  else if (hand.current) say("busy", "nothing to confirm: choose a class");
}

const skip = () => judge("skip"), unsure = () => judge("unsure"), help = () => get("key-help").showModal();
buildChoices((klass) => judge("label", klass));
addAction("enter", "confirm what the model says", confirm);
addAction("c", "cannot tell: an opinion too, and somebody else is asked", unsure);
addAction("s", "skip: somebody else judges it", skip);
addAction("f", "flag it with a note", flag);
addAction("u", "undo, as often as you like", undo);
addAction("h", "your last verdicts, to change your mind", openHistory);
addAction("m", "a long message's whole", fold);
addAction("?", "this list", help);
setUpHistory(outbox);
setUpLookalikes(hand, judgeGroup);
for (const [id, action] of Object.entries({skip, unsure, flag, undo, help, "open-history": openHistory, fold})) get(id).onclick = () => act(action);
listenToSwipes(get("message"), {left: () => act(skip), right: () => act(confirm)});

// Something moved at the desk: other queues, other people's verdicts, a promotion. What stands beside the message is
// asked for seldom; who holds none asks sooner whether there are some again.
const panelMoved = gathered(PANEL_MS, loadPanel), changedMoved = gathered(CHANGED_MS, loadChanged);
const news = gathered(NEWS_MS, () => setTimeout(() => { if (!hand.current) claim(); }, SPREAD_MS * Math.random()));
function moved() {
  if (!hand.current) news();
  panelMoved();
  changedMoved();
  return false; // the page is there when its first message is
}

// What the feed knows of the line and the store at once. That all is well again, the desk's own answer says.
function heard(well) {
  if (lineAway === !well && !(well && signedOut)) return;
  lineAway = !well;
  status();
  if (well) setTimeout(loadPanel, SPREAD_MS * Math.random());
}

// Not loaded anew: what was judged and is not sent yet is told of here.
function ended() {
  signedOut = true;
  status();
}

// The one thing that this page goes on asking: a lease ends unless whoever holds it says that they are still there, and
// that must go on in a hidden tab, whose feed rests: a colleague would be handed the same message.
async function beat() {
  if (!hand.current) return;
  const leases = hand.leases;
  try {
    const {held} = await call("desk/heartbeat", {lease_ids: leases});
    deskAway = false;
    if (held) hand.heldFor(panel.lease_seconds);
    if (held < leases.length) claim(); // some were taken back while this machine slept
  } catch (error) { trouble(error); }
  status();
}

// A laptop's sleep stops all timers: the time that is missing afterwards says so.
let tickedAt = Date.now();
function tick() {
  const slept = Date.now() - tickedAt > TICK_MS + SLEPT_MS;
  tickedAt = Date.now();
  if (slept && panel) { outbox.send(); beat(); loadPanel(); }
}

async function begin() {
  claim();
  while (!(await loadPanel())) await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  hand.heldFor(panel.lease_seconds);
  translateSoon(hand.current);
  setInterval(tick, TICK_MS);
  setInterval(beat, 1000 * panel.lease_seconds / HEARTBEATS_A_LEASE);
  follow("desk/feed", moved, {onHealth: heard, onEnded: ended});
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
}

begin();
