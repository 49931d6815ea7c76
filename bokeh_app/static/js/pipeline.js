// The pipeline page: the graph as the store has it, live; a task's log; rerun and cancel.
import {follow} from "./feed.js";
import {ask, facts, warn} from "./shell.js";
import {attemptWords, box, isLost, memoryWords, nameOf, stateWords, took, waitWords} from "./pipeline_task.js";
import {element, safeText} from "./text.js";

const BOXES_MOST = 8; // a stage with more tasks shows small ones
const LISTED_MOST = 120; // core/store/queries/tasks.py: so many of a stage come, the failed and running ones first

const get = (id) => document.getElementById(id);
const mayAct = ["lead", "admin"].includes(facts.person.role);
const state = {stages: [], tasks: new Map(), workers: [], runs: [], watched: false, command: ""};
let ahead = 0; // the database's clock before this machine's
let chosen = "", logOf = "", drawn = false;

const now = () => Date.now() + ahead;

function take(message) {
  ahead = message.at - Date.now();
  if (message.whole) state.tasks = new Map();
  for (const [key, task] of Object.entries(message.tasks ?? {})) task ? state.tasks.set(key, task) : state.tasks.delete(key);
  for (const key of ["stages", "workers", "runs", "watched", "command"]) if (key in message) state[key] = message[key];
  draw();
}

function draw() {
  drawStages();
  drawWatched();
  drawRuns();
  drawDetail();
  drawn = true;
}

const tasksOf = (stage) => [...state.tasks.values()].filter((task) => task.family === stage.family).sort((one, other) => one.place - other.place);

function drawStages() {
  const held = document.activeElement?.dataset?.task;
  const columns = new Map();
  for (const stage of state.stages) {
    if (!columns.has(stage.column)) columns.set(stage.column, element("li", "column"));
    columns.get(stage.column).append(drawStage(stage, tasksOf(stage)));
  }
  get("stages").replaceChildren(...columns.values());
  get("no-tasks").hidden = state.tasks.size > 0;
  get("graph").hidden = state.tasks.size === 0;
  if (held) get("stages").querySelector(`[data-task="${held}"]`)?.focus({preventScroll: true});
  drawEdges();
}

function drawStage(stage, tasks) {
  const small = tasks.length > BOXES_MOST;
  const done = tasks.filter((task) => task.state === "done").length;
  const head = element("h3", "", stage.title, element("span", "", tasks.length > 1 ? `${done} of ${tasks.length} done` : ""));
  const list = element("ol", small ? "cells" : "");
  for (const [index, task] of tasks.entries()) {
    const made = box(task, stage, state.tasks, now(), small ? index + 1 : 0);
    made.setAttribute("aria-pressed", String(task.fingerprint === chosen));
    made.addEventListener("click", () => choose(task.fingerprint));
    list.append(element("li", "", made));
  }
  if (!tasks.length) list.append(element("li", "", element("div", "task never", safeText(stage.idle))));
  const made = element("div", "stage", ...(tasks.length > 1 || tasks[0]?.params.first !== undefined ? [head] : []), list);
  if (!tasks.length) made.prepend(head);
  if (tasks.length >= LISTED_MOST) made.append(element("p", "more", `${LISTED_MOST} of them; what failed or runs is among these`));
  if (stage.note) made.append(element("p", "more", safeText(stage.note)));
  const worst = small ? tasks.find((task) => task.state === "failed" && task.error) : null;
  if (worst) {
    const whole = box(worst, stage, state.tasks, now());
    whole.addEventListener("click", () => choose(worst.fingerprint));
    list.before(whole);
  }
  made.dataset.family = stage.family;
  return made;
}

// From each stage to those that follow it: a line is green once what it comes from is done, broken red where it failed.
function drawEdges() {
  const frame = get("stages").getBoundingClientRect(); // not the graph's: the shape that waited above them goes after this
  const svg = get("edges");
  const paths = [];
  const at = (stage) => get("stages").querySelector(`[data-family="${stage.family}"]`)?.getBoundingClientRect();
  for (const stage of state.stages) {
    const from = state.stages.find((each) => each.family === stage.after);
    const [one, other] = [from && at(from), at(stage)];
    if (!one || !other) continue;
    const tasks = tasksOf(from);
    const x1 = one.right - frame.left, x2 = other.left - frame.left;
    const y1 = one.top + one.height / 2 - frame.top, y2 = other.top + other.height / 2 - frame.top;
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", `M${x1 + 2} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2 - 3} ${y2}`);
    path.setAttribute("class", tasks.some((task) => task.state === "failed") ? "failed" : tasks.length && tasks.every((task) => task.state === "done") ? "done" : "");
    paths.push(path);
  }
  svg.replaceChildren(...paths);
}

function drawWatched() {
  const watching = state.workers.filter((worker) => worker.watches);
  const words = (worker) => `${worker.host}, process ${worker.pid} (${worker.account})`;
  const others = state.workers.length - watching.length;
  get("watched").replaceChildren(safeText([watching.length ? `watched by ${watching.map(words).join("; ")}` : "", others ? `${others} more at work` : ""].filter(Boolean).join("; ")));
  get("unwatched").hidden = state.watched;
  get("command").replaceChildren(safeText(state.command));
}

const when = (ms) => new Date(ms).toLocaleString([], {weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit"});

function drawRuns() {
  const titles = new Map(state.stages.map((stage) => [stage.family, stage.title]));
  get("runs").replaceChildren(...state.runs.map((run) => {
    const stale = run.stale.map((family) => titles.get(family) ?? family).join(" · ") || "nothing";
    const outcome = run.error ? element("td", "bad", safeText(`✗ ${run.error}`)) : run.lost ? element("td", "warn", "its process ended") : element("td", "", run.finished_at ? "✓ done" : "▶ running");
    const seconds = ((run.finished_at ?? now()) - run.started_at) / 1000;
    return element("tr", "", element("td", "", when(run.started_at)), element("td", "", safeText(`${run.account} on ${run.host}${run.watches ? ", watching" : ""}`)),
      element("td", "", safeText(stale), run.times > 1 ? ` (${run.times.toLocaleString()} times)` : ""), element("td", "n", run.lost ? "" : took(seconds)), outcome);
  }));
  if (!state.runs.length) get("runs").replaceChildren(element("tr", "", Object.assign(element("td", "", "none yet"), {colSpan: 5})));
}

function choose(fingerprint) {
  chosen = chosen === fingerprint ? "" : fingerprint;
  logOf = "";
  for (const each of document.querySelectorAll("[data-task]")) each.setAttribute("aria-pressed", String(each.dataset.task === chosen));
  drawDetail();
  if (chosen) get("detail").scrollIntoView({block: "nearest"});
}

const stageOf = (task) => state.stages.find((stage) => stage.family === task.family);

function drawDetail() {
  const task = state.tasks.get(chosen);
  get("detail").hidden = !task;
  if (!task) return;
  const stage = stageOf(task), name = nameOf(task, stage);
  get("detail-title").replaceChildren(safeText(name === stage.title ? name : `${stage.title}: ${name}`));
  get("detail-words").replaceChildren(safeText([stateWords(task), waitWords(task, state.tasks), attemptWords(task, now()), memoryWords(task)].filter(Boolean).join(" · ")));
  get("detail-error").hidden = !task.error;
  get("detail-error").replaceChildren(safeText(task.error ?? ""));
  for (const [id, can] of [["rerun", canRerun(task)], ["cancel", canCancel(task)]]) {
    get(id).hidden = !mayAct;
    get(id).disabled = !can;
  }
  const key = `${task.fingerprint} ${task.state} ${task.attempt} ${task.done}`;
  if (mayAct && key !== logOf) { logOf = key; showLog(task.fingerprint); }
  if (!mayAct) get("log").textContent = "Logs are for leads.";
}

const FOLLOWING = ["Tag", "TagShard", "Templates", "Predict", "PredictShard", "Index", "Sources"];
const canRerun = (task) => ["failed", "cancelled"].includes(task.state) || isLost(task) || (task.state === "done" && !FOLLOWING.includes(task.family));
const canCancel = (task) => ["waiting", "running", "failed"].includes(task.state);

async function showLog(fingerprint) {
  let lines;
  try {
    ({lines} = await ask(`pipeline/log.json?task=${encodeURIComponent(fingerprint)}`));
  } catch (error) {
    get("log").replaceChildren(safeText(`The log cannot be read: ${error.message}`));
    return;
  }
  if (fingerprint !== chosen) return;
  const made = [];
  let attempt = 0;
  for (const line of lines) {
    if (line.attempt !== attempt) made.push(element("span", "attempt", `${when(line.at)}, attempt ${line.attempt}\n`));
    attempt = line.attempt;
    made.push(safeText(line.line), "\n");
  }
  get("log").replaceChildren(...(made.length ? made : ["It has said nothing."]));
}

async function act(what) {
  const task = state.tasks.get(document.activeElement?.dataset?.task ?? chosen) ?? state.tasks.get(chosen);
  if (!task || !mayAct || !(what === "rerun" ? canRerun(task) : canCancel(task))) return;
  try {
    await ask("pipeline/ask", {task: task.fingerprint, what});
    warn("");
  } catch (error) {
    warn(`That was not taken: ${error.message}. ${error.fix ?? ""}`);
  }
}

get("rerun").addEventListener("click", () => act("rerun"));
get("cancel").addEventListener("click", () => act("cancel"));
get("shut").addEventListener("click", () => choose(chosen));

function move(event) {
  const all = [...get("stages").querySelectorAll("[data-task]")];
  const from = document.activeElement?.dataset?.task ? document.activeElement : null;
  if (!from) { all[0]?.focus(); return; }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    all[all.indexOf(from) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    return;
  }
  const columns = [...get("stages").children].filter((column) => column.querySelector("[data-task]"));
  const next = columns[columns.indexOf(from.closest(".column")) + (event.key === "ArrowRight" ? 1 : -1)];
  next?.querySelector("[data-task]").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (event.key.startsWith("Arrow") && document.activeElement !== get("log")) { move(event); event.preventDefault(); }
  else if (key === "r" || key === "c") { act(key === "r" ? "rerun" : "cancel"); event.preventDefault(); }
  else if (event.key === "Escape" && chosen) choose(chosen);
});

addEventListener("resize", drawEdges);
setInterval(() => { // seconds of what runs
  if (document.hidden || !drawn) return;
  for (const each of document.querySelectorAll(".sec[data-since]")) if (each.dataset.since) each.textContent = took(Math.max(0, (now() - Number(each.dataset.since)) / 1000));
}, 500);

follow("pipeline/feed", take);
