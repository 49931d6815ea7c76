// The office page: how far people agree, and a lead's decisions with the arguments side by side.
import {keepAsking} from "./asking.js";
import {ask, facts, say, warn} from "./shell.js";
import {readingText} from "./reading.js";
import {bodyOf, chip, element, safeText} from "./text.js";
import {marksOf} from "./why.js";

const EVERY_MS = 3_000; // while an office judges, much moves a little
const get = (id) => document.getElementById(id);
let state = null;
let chosen; // a message; undefined: the first that there is; null: it was settled by somebody else meanwhile
const drawn = {};
const mine = []; // messages that were decided here, the last one last
let busy = false;

const number = (n) => n.toLocaleString();
const several = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
const two = (value) => value.toFixed(2);
const points = (share) => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
const day = (ms) => new Date(ms).toLocaleDateString([], {day: "numeric", month: "short", timeZone: "UTC"});
const when = (ms) => new Date(ms).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});

function draw() {
  drawFacts();
  changed("agreement", drawAgreement);
  changed("rulings", drawRulings);
  changed("disputes", drawList);
}

// Only what has changed is drawn anew: nobody loses the place at which they are.
function changed(part, redraw) {
  const now = JSON.stringify(state[part]);
  if (drawn[part] === now) return;
  drawn[part] = now;
  redraw();
}

function drawAgreement() {
  drawTracks(get("classes"), state.agreement.classes, (each) => chip(each.klass, facts), "No class has enough messages that two people judged.");
  drawTracks(get("weeks"), state.agreement.weeks, (each) => element("span", "", day(each.week)), "No week has enough messages that two people judged.");
  drawPairs();
  drawReviewers();
}

function drawFacts() {
  const {alpha, words, fleiss} = state.agreement;
  get("alpha").textContent = alpha ? `alpha ${two(alpha.value)}` : "not known yet";
  const interval = alpha ? `${two(alpha.low)} to ${two(alpha.high)}, ${several(alpha.messages, "message")}. ` : "";
  get("alpha-words").textContent = interval + words;
  get("alpha-words").title = fleiss ? `Fleiss' kappa ${two(fleiss.value)}, ${two(fleiss.low)} to ${two(fleiss.high)}` : "";
  const {by, shown, blind, shown_confirmed, blind_confirmed} = state.sway;
  get("sway").textContent = !by ? "not known yet" : by.settled ? `by ${points(by.by)} points` : "not noticeably";
  const share = (part, whole) => `${(100 * part / whole).toFixed(1)} %`;
  get("sway-words").textContent = by
    ? `${points(by.low)} to ${points(by.high)} points: confirmed ${share(shown_confirmed, shown)} of ${number(shown)} when seen, ${share(blind_confirmed, blind)} of ${number(blind)} blind`
    : `known once 20 verdicts came blind and 20 with the prediction (${number(blind)} and ${number(shown)} so far)`;
  get("waiting").textContent = several(state.waiting, "message");
  const ties = state.disputes.filter((each) => each.tied).length;
  get("waiting-words").textContent = state.waiting ? `${number(ties)} tied, ${number(state.disputes.length - ties)} flagged${state.waiting > state.disputes.length ? ", among the newest shown" : ""}` : "nothing is at odds";
}

// One line a class or week: the value as a dot, its interval as a bar, on a scale from 0 to 1.
function drawTracks(into, rows, name, nothing) {
  if (!rows.length) return into.replaceChildren(element("p", "sub", nothing));
  into.replaceChildren(...rows.map((each) => {
    const at = (value) => `${100 * Math.min(1, Math.max(0, value))}%`;
    const bar = element("i"), dot = element("b");
    bar.style.left = at(each.low);
    bar.style.right = `calc(100% - ${at(each.high)})`;
    dot.style.left = at(each.value);
    const track = element("span", "track", bar, dot);
    track.setAttribute("aria-hidden", "true");
    const figures = element("span", "figures", `${two(each.value)} `, element("small", "", `${two(each.low)} to ${two(each.high)}`));
    figures.title = several(each.messages, "message");
    return element("div", "line", name(each), track, figures);
  }));
}

function drawPairs() {
  const {people, cells} = state.agreement.pairs;
  if (!people.length) return get("pairs").replaceChildren(element("p", "sub", "No two people have judged ten messages in common."));
  const of = new Map(cells.flatMap((cell) => [[`${cell.one}:${cell.other}`, cell], [`${cell.other}:${cell.one}`, cell]]));
  const table = element("table", "heat");
  const head = element("tr", "", element("td"), ...people.map((person) => columnHead(person)));
  const rows = people.map((person) => element("tr", "", rowHead(person), ...people.map((other) => pairCell(person, other, of.get(`${person.id}:${other.id}`)))));
  table.append(element("thead", "", head), element("tbody", "", ...rows));
  get("pairs").replaceChildren(table);
}

function rowHead(person) {
  const cell = element("th", "", safeText(person.name));
  cell.scope = "row";
  return cell;
}

function columnHead(person) {
  const cell = element("th", "", safeText(person.name.replace(" (simulated)", "")));
  cell.scope = "col";
  return cell;
}

function pairCell(one, other, cell) {
  if (one.id === other.id) return element("td", "self", "");
  if (!cell) return element("td", "none", "·");
  const made = element("td", "", two(cell.value));
  made.style.setProperty("--heat", `${Math.round(45 * Math.max(0, cell.value))}%`);
  made.title = `${one.name} and ${other.name}: ${two(cell.low)} to ${two(cell.high)}, ${several(cell.messages, "message")}`;
  return made;
}

function drawReviewers() {
  const {reviewers} = state.agreement;
  if (!reviewers.length) return get("reviewers").replaceChildren(element("p", "sub", "Nobody has judged a message that others judged too."));
  const table = element("table", "heat");
  const heads = facts.classes.map((klass) => element("th", "", chip(klass, facts)));
  heads.forEach((cell) => { cell.scope = "col"; });
  const rows = reviewers.map((person) => element("tr", "", rowHead(person), ...facts.classes.map((klass) => qualityCell(person.classes.find((each) => each.klass === klass)))));
  table.append(element("thead", "", element("tr", "", element("td"), ...heads)), element("tbody", "", ...rows));
  get("reviewers").replaceChildren(table);
}

function qualityCell(each) {
  if (!each) return element("td", "none", "·");
  const cell = element("td", "", two(each.quality), element("small", "", `${two(each.low)} to ${two(each.high)}`));
  cell.style.setProperty("--heat", `${Math.round(45 * each.quality)}%`);
  cell.title = `right ${number(each.right)} of ${several(each.verdicts, "time")}`;
  return cell;
}

function drawList() {
  const {disputes} = state;
  get("pair").hidden = !disputes.length;
  get("nothing").hidden = disputes.length > 0;
  if (chosen === undefined) chosen = disputes[0]?.message_id;
  else if (!disputes.some((each) => each.message_id === chosen)) chosen = disputes.length ? null : undefined;
  const focused = get("disputes").contains(document.activeElement);
  get("disputes").replaceChildren(...disputes.map((each) => {
    const pick = element("button", "", bodyOf(each.body), element("span", "sub", each.tied ? "tied" : "flagged"));
    pick.type = "button";
    pick.setAttribute("aria-pressed", String(each.message_id === chosen));
    pick.addEventListener("click", () => choose(each.message_id));
    return element("li", "", pick);
  }));
  if (focused) (get("disputes").querySelector("[aria-pressed=true]") ?? get("disputes").querySelector("button"))?.focus();
  drawOpen();
}

function choose(messageId) {
  if (chosen !== messageId) get("note").value = "";
  chosen = messageId;
  drawList();
  get("disputes").querySelector("[aria-pressed=true]")?.scrollIntoView({block: "nearest"});
}

function drawOpen() {
  const dispute = state.disputes.find((each) => each.message_id === chosen);
  get("open").hidden = !dispute;
  get("gone").hidden = Boolean(dispute);
  if (!dispute) return;
  const from = element("span", "", "from ", element("b", "", safeText(dispute.sender ?? "unknown")), dispute.sent_at === null ? "" : ` · ${when(dispute.sent_at)}`);
  get("meta").replaceChildren(from, element("span", "", dispute.tied ? "people are at odds" : "flagged for a lead"));
  get("message").replaceChildren(bodyOf(dispute.body));
  showWhy(dispute);
  const named = [...new Set([...dispute.arguments.map((each) => each.klass), ...dispute.says.map((each) => each.klass)])];
  const order = facts.classes.filter((klass) => named.includes(klass));
  const sides = [...order, ...(named.includes(null) ? [null] : [])];
  get("sides").replaceChildren(...sides.map((klass) => side(klass, dispute)));
  get("choices").replaceChildren(...facts.classes.map((klass, place) => choice(klass, place, dispute)));
}

// The words that moved the model are asked for once the message is open; they are an argument as well.
async function showWhy(dispute) {
  const {run, klass} = dispute.says.find((each) => each.run) ?? {};
  if (!run) { get("why").textContent = ""; return; }
  const marks = await marksOf(dispute, run, klass).catch(() => null);
  if (dispute.message_id !== chosen) return;
  get("why").textContent = marks?.length ? `Underlined: what moved the model, in colour towards ${klass}, grey away from it.` : "";
  if (!marks?.length) return;
  get("message").style.setProperty("--tint", facts.colors[klass] || "var(--accent)");
  const body = element("span", "body", readingText(dispute.body, marks));
  body.dir = "auto";
  get("message").replaceChildren(body);
}

// All that speaks for one class: people with their notes, the model, the rules.
function side(klass, dispute) {
  const words = dispute.arguments.filter((each) => each.klass === klass).map((each) => {
    const saw = each.kind === "flag" ? "flagged it" : each.blind ? "blind" : each.shown === null ? "" : each.shown === klass ? "saw the same" : `saw ${each.shown}`;
    const mark = each.simulated ? [element("span", "simulated", "simulated")] : [];
    const said = each.kind === "unsure" ? "cannot tell" : saw;
    const line = element("p", "", element("b", "", safeText(each.person.replace(" (simulated)", ""))), " ", ...mark, element("span", "sub", ` ${said}`));
    return each.note ? element("div", "", line, element("q", "", safeText(each.note))) : line;
  });
  const says = dispute.says.filter((each) => each.klass === klass).map((each) => element("p", "", safeText(each.who), element("span", "sub", each.confidence === null ? "" : ` ${(100 * each.confidence).toFixed(0)} % sure`)));
  return element("section", "side", klass === null ? element("span", "sub", "no class") : chip(klass, facts), ...words, ...says);
}

function choice(klass, place, dispute) {
  const made = element("button", "choice", element("span", "name", klass));
  if (place < 9) made.append(element("kbd", "", String(place + 1)));
  made.type = "button";
  made.style.setProperty("--chip", facts.colors[klass]);
  made.setAttribute("aria-label", `Decide: ${klass}`);
  made.addEventListener("click", () => decide(dispute.message_id, klass));
  return made;
}

async function decide(messageId, klass) {
  if (busy) return;
  busy = true;
  const place = state.disputes.findIndex((each) => each.message_id === messageId);
  const note = klass === null ? null : get("note").value.trim() || null;
  const given = {uuid: crypto.randomUUID(), message_id: messageId, klass, note};
  try {
    await ask("office/decide", given).catch((error) => {
      if (error.status) throw error;
      return ask("office/decide", given); // no answer came: the same decision again is stored once
    });
    say("live", klass === null ? "taken back" : `decided: ${klass}`);
    get("note").value = "";
    chosen = klass === null ? undefined : state.disputes[place + 1]?.message_id ?? state.disputes[place - 1]?.message_id;
    delete drawn.disputes;
    if (klass !== null) mine.push(messageId);
    else if (mine.includes(messageId)) mine.splice(mine.lastIndexOf(messageId), 1);
  } catch (error) {
    warn(`The decision was not saved: ${error.message}. ${error.fix ?? ""}`);
    return;
  } finally {
    busy = false;
  }
  await look();
  if (klass === null && state.disputes.some((each) => each.message_id === messageId)) choose(messageId);
}

function drawRulings() {
  const rows = state.rulings.map((each) => {
    const back = element("button", "btn", "Take back");
    back.type = "button";
    back.setAttribute("aria-label", `Take back that this is ${each.klass}`);
    back.addEventListener("click", () => decide(each.message_id, null));
    const who = element("span", "sub", safeText(each.by), each.note ? ": " : "", each.note ? safeText(each.note) : "");
    return element("li", "", element("div", "", bodyOf(each.body), who), chip(each.klass, facts), back);
  });
  get("rulings").replaceChildren(...(rows.length ? rows : [element("li", "sub", "Nothing was decided yet.")]));
}

document.addEventListener("keydown", (event) => {
  if (!state || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input,textarea")) {
    if (event.key === "Escape" || event.key === "Enter") event.target.blur();
    return;
  }
  const place = state.disputes.findIndex((each) => each.message_id === chosen);
  const klass = facts.classes[Number(event.key) - 1];
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = state.disputes[place + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) choose(next.message_id);
  } else if (/^[1-9]$/.test(event.key) && klass && place >= 0) decide(chosen, klass);
  else if (event.key.toLowerCase() === "n" && place >= 0) get("note").focus();
  else if (event.key.toLowerCase() === "u" && mine.length) decide(mine.at(-1), null);
  else return;
  event.preventDefault();
});

const look = keepAsking("office", {what: "The office", every: EVERY_MS, busy: () => busy, show(found) { state = found; draw(); }});
