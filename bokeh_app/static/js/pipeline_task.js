// A task of the line as a box: its state by a sign and a word, how far it is, what it waits for, why it failed.
import {element, safeText} from "./text.js";

export const SIGNS = {done: "✓", running: "▶", waiting: "○", failed: "✗", cancelled: "⊘"};

export const several = (n, noun) => `${n.toLocaleString()} ${noun}${n === 1 ? "" : "s"}`;

export function took(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function nameOf(task, stage) {
  if (task.family === "CrossValidate") return `fold ${task.params.fold + 1}${task.params.repeat ? `, repeat ${task.params.repeat + 1}` : ""}`;
  if (task.params.first !== undefined) return `from message ${task.params.first.toLocaleString()}`;
  return task.params.part ?? stage.title;
}

// A running task whose process has said nothing of late is lost: the next one takes it over.
export const isLost = (task) => task.state === "running" && !task.lives;

export function stateWords(task) {
  if (isLost(task)) return "its process is gone";
  if (task.state === "running" && task.asked) return "being cancelled";
  if (task.state === "running" && task.of) return `running, ${task.done.toLocaleString()} of ${task.of.toLocaleString()}${task.family === "Search" ? " s" : ""}`;
  if (task.state === "running" && task.done) return `running, ${task.done.toLocaleString()} so far`;
  return task.state;
}

export function secondsOf(task, now) {
  if (task.state === "running" && task.started_at) return Math.max(0, (now - task.started_at) / 1000);
  return task.state === "done" || task.state === "failed" ? task.seconds : null;
}

export function waitWords(task, tasks) {
  if (task.state !== "waiting") return "";
  const open = task.waits_for.map((key) => tasks.get(key)).filter((each) => each && each.state !== "done");
  if (!open.length) return "waits for its turn";
  const stuck = open.filter((each) => each.state === "failed" || each.state === "cancelled").length;
  const noun = open[0].family === "CrossValidate" ? "fold" : "task";
  return `waits for ${several(open.length, noun)}${stuck ? `, of which ${stuck} failed or cancelled` : ""}`;
}

export function attemptWords(task, now) {
  const words = [];
  if (task.attempt > 1) words.push(`attempt ${task.attempt}`);
  if (task.state === "failed" && task.due_at > now) words.push(`again in ${took((task.due_at - now) / 1000)} if a process watches`);
  if (task.host && (task.state === "running" || task.state === "failed")) words.push(`on ${task.host}, process ${task.pid}`);
  return words.join(", ");
}

export const memoryWords = (task) => (task.peak_memory ? `${Math.round(task.peak_memory / 1e6).toLocaleString()} MB at most` : "");

// `small`: its place among many, for a box that has room for a sign and a number only; 0: a whole one.
export function box(task, stage, tasks, now, small = 0) {
  const item = element("button", `task ${task.state}`);
  item.type = "button";
  item.dataset.task = task.fingerprint;
  const name = nameOf(task, stage);
  const seconds = secondsOf(task, now);
  item.setAttribute("aria-label", `${stage.title}${name === stage.title ? "" : `, ${name}`}: ${stateWords(task)}${task.error ? `. ${task.error}` : ""}`);
  if (small) {
    item.title = `${name}: ${stateWords(task)}`;
    item.append(SIGNS[task.state], element("span", "num", `${task.params.repeat ? `${task.params.repeat + 1}.` : ""}${task.params.fold === undefined ? small : task.params.fold + 1}`));
    return item;
  }
  const head = element("b", "", element("span", "", safeText(name)), element("span", "sec", seconds === null ? "" : took(seconds)));
  head.lastChild.dataset.since = task.state === "running" ? task.started_at : "";
  item.append(head, element("span", "how", `${SIGNS[task.state]} ${stateWords(task)}`));
  if (task.state === "running" && task.of) {
    const bar = element("i");
    bar.style.width = `${Math.min(100, 100 * task.done / task.of)}%`;
    item.append(element("span", "bar", bar));
    item.lastChild.style.display = "block";
  }
  for (const [words, kind] of [[waitWords(task, tasks), ""], [task.error ?? "", "why"], [attemptWords(task, now), ""]]) {
    if (words) item.append(element("small", kind, safeText(words)));
  }
  return item;
}
