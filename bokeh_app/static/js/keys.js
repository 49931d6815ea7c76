// Every action has a key. What a person does goes through here, in its order.
import {element} from "./text.js";
import {isTyping} from "./typing.js";

const actions = new Map();
let held = false; // an undo is under way: what is pressed meanwhile is meant for the message that comes back
let pressed = [];

// key: as the browser names it, small ("l", "1", "enter"), or "shift+1" for Shift and a digit. words: for the list of
// all keys. Whoever adds one that is taken is told.
export function addAction(key, words, action) {
  if (actions.has(key)) throw new Error(`the key ${key} is taken`);
  actions.set(key, action);
  const names = key.split("+").map((part) => element("kbd", "", part.length > 1 ? part[0].toUpperCase() + part.slice(1) : part.toUpperCase()));
  if (words) document.getElementById("key-table").append(element("tr", "", element("td", "", ...names), element("td", "", words)));
}

export function act(action) {
  if (held) pressed.push(action);
  else action();
}

export function hold() { held = true; }

// What was pressed meanwhile happens now, until somebody holds again.
export function release() {
  held = false;
  while (pressed.length && !held) pressed.shift()();
}

export function forget() { pressed = []; }

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return; // Enter presses what has the focus
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  act(action);
});

// By what the key says; where that is neither a Latin letter nor a digit (French digits, Cyrillic), by where it is.
export function keyOf(event) {
  const place = /^(?:Digit|Key)([0-9A-Z])$/.exec(event.code)?.[1].toLowerCase();
  if (event.shiftKey && /^[1-9]$/.test(place ?? "")) return `shift+${place}`;
  const key = event.key.toLowerCase();
  return actions.has(key) || event.shiftKey || /^[a-z0-9]$/.test(key) ? key : place;
}

const actionOf = (event) => actions.get(keyOf(event));
