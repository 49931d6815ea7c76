// The message on the screen, and what stands around it. The next ones are built while the person reads this one.
import {facts, route, there} from "./shell.js";
import {chip, element, safeText} from "./text.js";
import {readingText} from "./reading.js";
import {markChoices} from "./choices.js";

const LONG = 480; // characters, or
const LONG_LINES = 9;
const get = (id) => document.getElementById(id);
const built = new Map(); // lease -> {body, says}, not yet shown
let whole = false;
let shown = null;

// Build what is wanted soon, and let go what is not.
export function prepare(messages) {
  const wanted = new Set(messages.map((message) => message.lease_id));
  for (const lease of built.keys()) if (!wanted.has(lease)) built.delete(lease);
  for (const message of messages) if (!built.has(message.lease_id)) built.set(message.lease_id, build(message));
}

function build(message) {
  return {body: readingText(head(message.body), message.marks), says: saysOf(message)};
}

// The beginning of a long text: cut at a space, never within a character.
function head(text) {
  const cut = cutAt(text);
  return cut < text.length ? `${text.slice(0, cut)}…` : text;
}

function cutAt(text) {
  const lines = [...text.slice(0, LONG).matchAll(/\n/g)].map((match) => match.index);
  if (lines.length > LONG_LINES) return lines[LONG_LINES];
  if (text.length <= LONG) return text.length;
  const space = text.lastIndexOf(" ", LONG);
  if (space > LONG / 2) return space;
  return /[\ud800-\udbff]/.test(text[LONG - 1]) ? LONG - 1 : LONG;
}

export function show(message) {
  for (const id of ["choices", "keys", "from", "place", "message"]) get(id).hidden = false;
  get("nothing").hidden = true;
  const {body, says} = built.get(message.lease_id) ?? build(message);
  built.delete(message.lease_id);
  shown = message;
  whole = false;
  const place = get("message");
  place.style.setProperty("--tint", facts.colors[message.predicted?.klass] || "transparent");
  place.replaceChildren(body);
  place.scrollTop = 0;
  place.dataset.lease = message.lease_id;
  showFold();
  get("translation").hidden = true;
  get("from").replaceChildren("from ", senderOf(message), when(message.sent_at));
  get("place").textContent = message.blind ? "blind" : message.overlap > 1 ? `${ordinal(message.place)} of ${message.overlap} reviewers` : "";
  showLegend(message);
  markChoices(message);
  get("confirm-hint").hidden = !message.predicted;
  get("says").replaceChildren(...says);
  there();
  document.dispatchEvent(new CustomEvent("message-shown", {detail: message}));
}

function showLegend(message) {
  get("legend").hidden = !message.blind && message.marks.length === 0;
  get("legend").textContent = message.blind
    ? "Blind: what the model says stays hidden, to see how far it would sway you."
    : `Underlined: what moved the model, in colour towards ${message.predicted?.klass}, grey away from it.`;
}

function showFold() {
  const long = cutAt(shown.body) < shown.body.length;
  get("fold").hidden = !long;
  const sent = [...shown.body].length, all = shown.characters ?? sent;
  const more = all > sent ? `its first ${sent.toLocaleString("en")} of ${all.toLocaleString("en")} characters` : `the whole message, ${sent.toLocaleString("en")} characters`;
  if (long) get("fold-words").textContent = whole ? "only its beginning" : more;
  get("whole-file").hidden = all <= sent;
  if (all > sent) get("whole-file").href = route(`desk/message.txt?lease_id=${shown.lease_id}`);
}

// A long message's whole, and its beginning again.
export function fold() {
  if (!shown || get("fold").hidden) return;
  whole = !whole;
  get("message").replaceChildren(readingText(whole ? shown.body : head(shown.body), shown.marks));
  showFold();
}

function saysOf(message) {
  if (!message.says.length) return [element("p", "sub", message.blind ? "Hidden: this one is judged blind." : "Nothing: no model has read it, no rule hits it.")];
  return message.says.map((each) => element("div", "says", element("span", "", safeText(each.who)), chip(each.klass, facts), element("span", "sure", each.confidence === null ? "" : each.confidence.toFixed(2).replace(/^0/, ""))));
}

// Under the message that is still on the screen.
export function showTranslation(message, text) {
  if (shown !== message || !text) return;
  get("translation").replaceChildren(safeText(text));
  get("translation").hidden = false;
}

export function nothing(sentence) {
  shown = null;
  for (const id of ["choices", "keys", "message", "legend", "from", "place", "fold", "whole-file", "translation"]) get(id).hidden = true;
  get("says").replaceChildren();
  get("nothing").hidden = false;
  there();
  if (get("nothing").textContent !== sentence) get("nothing").textContent = sentence;
  document.dispatchEvent(new CustomEvent("message-shown", {detail: null}));
}

export function senderOf(message) {
  const name = element("b", "", safeText(message.sender || "unknown"));
  name.dir = "auto";
  return name;
}

export function when(ms) {
  if (ms === null) return "";
  const at = new Date(ms), today = new Date();
  const days = Math.round((new Date(today).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  const time = at.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
  if (days === 0) return ` · today ${time}`;
  if (days === 1) return ` · yesterday ${time}`;
  return ` · ${at.toLocaleDateString([], {day: "numeric", month: "short", year: at.getFullYear() === today.getFullYear() ? undefined : "numeric"})} ${time}`;
}

const ordinal = (n) => `${n}${["th", "st", "nd", "rd"][n] ?? "th"}`;
