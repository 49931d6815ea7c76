// The queues page: how each queue stands; make, pause, close, priority.
import {keepAsking} from "./asking.js";
import {ask, say, warn} from "./shell.js";
import {lookAtGroups} from "./group_checks.js";
import {drawDoubted, keyOfDoubted} from "./queues_doubted.js";
import {element, safeText} from "./text.js";

const EVERY_MS = 2_000;
const PURPOSES = {
  training: "training", evaluation: "telling how good the model is", settle: "settling a comparison", gold: "known answers",
  label_errors: "label errors", drift: "an alarm", cell: "a cell of the confusion", search: "a search",
};
const MADE_HERE = ["training", "evaluation", "gold", "label_errors"];

const get = (id) => document.getElementById(id);
const rows = get("queue-rows");
let state = null;
let drawn = "";
let formWanted = false; // asked for before the queues were there

const number = (n) => n.toLocaleString();
const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const several = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
const when = (ms) => new Date(ms).toLocaleString([], {weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});

function draw() {
  drawFacts();
  drawDoubted(state, look);
  const key = JSON.stringify([state.queues, state.alarms]);
  if (key === drawn) return;
  drawn = key;
  const chosen = document.activeElement?.closest?.(".queue")?.dataset.id;
  const button = document.activeElement?.dataset?.does;
  rows.replaceChildren(...state.queues.map(row));
  get("no-queues").hidden = state.queues.length > 0;
  drawAlarms();
  const again = chosen && rows.querySelector(`[data-id="${chosen}"]`);
  if (again) (again.querySelector(`[data-does="${button}"]`) ?? again).focus({preventScroll: true});
}

function drawFacts() {
  const {accuracy, effect, queues} = state;
  get("accuracy").textContent = accuracy ? percent(accuracy.share) : "–";
  get("accuracy-words").textContent = accuracy
    ? `${percent(accuracy.low)} to ${percent(accuracy.high)}, from ${number(accuracy.drawn)} judged at random${accuracy.chosen ? `, ${number(accuracy.chosen)} chosen` : ""}`
    : "known once 20 messages that were drawn at random are judged";
  const points = (gain) => `${gain < 0 ? "−" : "+"}${Math.abs(100 * gain).toFixed(2)}`;
  get("effect").textContent = !effect ? "–" : effect.negligible ? "next to nothing" : effect.settled ? `${points(effect.gain)} points` : "not settled";
  get("effect-words").textContent = effect?.negligible ? `less than 0.01 points of macro-F1 for ${state.champion}` : effect
    ? `of macro-F1 for ${state.champion}: ${points(effect.low)} to ${points(effect.high)}${effect.settled ? "" : "; it may be nothing"}`
    : "known once the champion's learning curve has three points";
  const today = queues.reduce((sum, queue) => sum + queue.today, 0);
  const pace = queues.reduce((sum, queue) => sum + queue.pace, 0);
  const held = queues.reduce((sum, queue) => sum + queue.held, 0);
  get("today").textContent = several(today, "verdict");
  get("today-words").textContent = `${number(Math.round(pace))} an hour now, ${several(held, "message")} in somebody's hands`;
}

function row(queue) {
  const name = element("div", "", element("span", "name", safeText(queue.name)), element("span", `state ${queue.state}`, queue.state));
  const about = element("p", "sub", safeText(aboutOf(queue)));
  const share = queue.target ? queue.verdicts / queue.target : queue.total ? queue.done / queue.total : 0;
  const bar = element("i");
  bar.style.width = `${100 * Math.min(1, share)}%`;
  const frame = element("div", "bar", bar);
  frame.setAttribute("aria-hidden", "true");
  const count = queue.target
    ? element("span", "big", number(queue.verdicts), element("small", "", ` of ${several(queue.target, "verdict")}`))
    : element("span", "big", number(queue.done), element("small", "", ` of ${several(queue.total, "message")} done`));
  const progress = element("div", "", count, frame, element("p", "sub", heldOf(queue)));
  const ahead = element("div", "", element("p", `sub${queue.in_time === false ? " late" : ""}`, forecastOf(queue)), element("p", "sub", paceOf(queue)));
  const item = element("li", `queue ${queue.state}`, element("div", "", name, about), progress, ahead, actions(queue));
  item.tabIndex = 0;
  item.dataset.id = queue.queue_id;
  item.setAttribute("aria-label", `${queue.name}, ${queue.state}, ${percent(Math.min(1, share), 0)}`);
  return item;
}

function aboutOf(queue) {
  const order = queue.order.replaceAll("_", " ");
  const opinions = queue.adaptive ? `up to ${queue.overlap} opinions` : several(queue.overlap, "opinion");
  const words = [`for ${PURPOSES[queue.purpose] ?? queue.purpose}`, order, opinions, `${percent(queue.blind_share, 0)} blind`];
  if (queue.gold_share) words.push(`${percent(queue.gold_share, 0)} gold`);
  if (queue.people.length) words.push(`only ${queue.people.join(", ")}`);
  return words.join(" · ");
}

function heldOf(queue) {
  if (!queue.held) return "none is held";
  const minutes = Math.ceil(queue.back_in_seconds / 60);
  return `${several(queue.held, "message")} held, the next back in ${queue.back_in_seconds < 60 ? `${queue.back_in_seconds} s` : several(minutes, "minute")} at the latest`;
}

function forecastOf(queue) {
  const due = queue.deadline ? `, due ${when(queue.deadline)}` : "";
  if (queue.state === "closed") return "closed";
  if (queue.left === 0) return queue.target ? "the target is reached" : "all is judged";
  if (queue.left === null) return `no target${due}`;
  if (queue.done_at === null) return `${number(queue.left)} to go, at no pace now${due}`;
  return `${number(queue.left)} to go, done ${when(queue.done_at)} at this pace${due}${queue.in_time === false ? ": too late" : ""}`;
}

function paceOf(queue) {
  const agreement = queue.compared ? `, people agree on ${percent(queue.agreed / queue.compared, 0)} of ${several(queue.compared, "pair")}` : "";
  return `${number(queue.today)} today, ${number(Math.round(queue.pace))} an hour${agreement}`;
}

function actions(queue) {
  const box = element("div", "actions");
  if (queue.state !== "closed") {
    box.append(button("−", "lower", `Lower the priority of ${queue.name}`, () => change(queue, {priority: queue.priority - 1})));
    const priority = element("span", "priority", String(queue.priority));
    priority.title = "priority: the higher, the earlier";
    box.append(priority, button("+", "raise", `Raise the priority of ${queue.name}`, () => change(queue, {priority: queue.priority + 1})));
    const turn = queue.state === "open" ? "paused" : "open";
    box.append(button(turn === "open" ? "Open" : "Pause", "turn", `${turn === "open" ? "Open" : "Pause"} ${queue.name}`, () => change(queue, {state: turn})));
    box.append(button("Close", "close", `Close ${queue.name}`, () => close(queue)));
  } else box.append(button("Open again", "turn", `Open ${queue.name} again`, () => change(queue, {state: "open"})));
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

async function change(queue, fields) {
  try {
    await ask("queues/change", {queue_id: queue.queue_id, ...fields});
  } catch (error) {
    warn(`${queue.name} was not changed: ${error.message}. ${error.fix ?? ""}`);
    return;
  }
  await look();
}

function close(queue) {
  const dialog = get("sure");
  const left = queue.total - queue.done;
  get("sure-words").replaceChildren(safeText(`${queue.name} hands out nothing any more${left > 0 ? `; ${several(left, "message")} stay unjudged` : ""}. What is in somebody's hands is still taken, and it can be opened again.`));
  dialog.returnValue = "";
  dialog.onclose = () => { if (dialog.returnValue === "yes") change(queue, {state: "closed"}); };
  dialog.showModal();
}

function drawAlarms() {
  get("alarms").hidden = state.alarms.length === 0;
  get("alarm-rows").replaceChildren(...state.alarms.map((alarm) => {
    const result = alarm.result ? `${several(alarm.result.judged, "message")} judged, the model was right on ${alarm.result.right} of ${alarm.result.compared}` : alarm.note || (alarm.acknowledged_by ? `${alarm.acknowledged_by} has seen it` : "waits for people");
    const words = element("span", "", safeText(alarm.title), element("span", `state ${alarm.state === "open" ? "paused" : ""}`, alarm.state));
    const item = element("li", "alarm", words, element("span", "sub", safeText(result)));
    const asked = state.queues.some((queue) => queue.source === `alarm:${alarm.alarm_id}`);
    if (alarm.state === "open" && alarm.messages && !asked) item.append(button("Ask the office", "ask", `Make a queue of ${alarm.title}`, () => fromAlarm(alarm)));
    return item;
  }));
}

async function fromAlarm(alarm) {
  try {
    await ask("queues/make", {name: `${alarm.title.slice(0, 180)} (${alarm.alarm_id})`, purpose: "drift", priority: 10, alarm: alarm.alarm_id});
  } catch (error) {
    warn(`The queue was not made: ${error.message}. ${error.fix ?? ""}`);
  }
  await look();
}

const form = get("make-form");

function openForm() {
  formWanted = !state;
  if (formWanted) return;
  form.reset();
  get("make-refused").hidden = true;
  get("purpose").replaceChildren(...state.purposes.filter((each) => MADE_HERE.includes(each.name)).map((each) => new Option(PURPOSES[each.name], each.name)));
  chooseOrders();
  get("make").showModal();
  form.elements.name.focus();
}

function chooseOrders() {
  const strict = state.purposes.find((each) => each.name === form.elements.purpose.value)?.strict;
  const orders = state.orders.filter((order) => !strict || order.name === "random");
  get("order").replaceChildren(...orders.map((order) => new Option(order.name.replaceAll("_", " "), order.name)));
  if (!strict) form.elements.order.value = "least_sure";
  sayOrder();
}

function sayOrder() {
  get("order-words").textContent = state.orders.find((order) => order.name === form.elements.order.value)?.title ?? "";
}

async function make(event) {
  event.preventDefault();
  const value = (name) => form.elements[name].value.trim();
  const adaptive = value("overlap") === "adaptive";
  const asked = {
    name: value("name"), purpose: value("purpose"), order: value("order"), adaptive, overlap: adaptive ? 5 : Number(value("overlap")),
    blind_share: Number(value("blind")) / 100, gold_share: Number(value("gold")) / 100, count: Number(value("count") || 0),
    people: value("people").split(",").map((name) => name.trim()).filter(Boolean),
  };
  if (value("target")) asked.target = Number(value("target"));
  if (value("deadline")) asked.deadline = new Date(value("deadline")).getTime();
  if (value("guide")) asked.guide = value("guide");
  const submit = form.querySelector("[type=submit]");
  submit.disabled = true; // pressed twice, it is made once
  try {
    await ask("queues/make", asked);
  } catch (error) {
    get("make-refused").textContent = `${error.message}. ${error.fix ?? ""}`;
    get("make-refused").hidden = false;
    return;
  } finally {
    submit.disabled = false;
  }
  get("make").close();
  await look();
}

get("new").addEventListener("click", openForm);
get("make-cancel").addEventListener("click", () => get("make").close());
get("purpose").addEventListener("change", chooseOrders);
get("order").addEventListener("change", sayOrder);
form.addEventListener("submit", make);

const KEYS = {p: "turn", c: "close", "+": "raise", "=": "raise", "-": "lower"};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const all = [...rows.children];
  const at = all.indexOf(document.activeElement?.closest?.(".queue"));
  const key = event.key.toLowerCase();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))];
    if (next) { next.focus(); event.preventDefault(); }
  } else if (key === "n") { openForm(); event.preventDefault(); }
  else if (key === keyOfDoubted.key) keyOfDoubted.press();
  else if (KEYS[key] && at >= 0) { all[at].querySelector(`[data-does="${KEYS[key]}"]`)?.click(); event.preventDefault(); }
});

const look = keepAsking("queues", {what: "The queues", every: EVERY_MS, show(found) { state = found; draw(); lookAtGroups(); if (formWanted) openForm(); }});
