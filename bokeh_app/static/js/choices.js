// The classes as buttons: one press labels, submits and moves on. Shift, or a long press, marks the second best first.
import {facts, say} from "./shell.js";
import {act, addAction} from "./keys.js";
import {element} from "./text.js";

const LONG_PRESS_MS = 450;
const DOUBLE_TAP_MS = 250; // a second tap so soon was meant for the message before
const choices = document.getElementById("choices");
let second = null;
let tappedAt = -Infinity;

// judge(klass): the person's decision.
export function buildChoices(judge) {
  facts.classes.forEach((klass, index) => {
    const key = index < 9 ? String(index + 1) : "";
    const name = element("span", "", element("span", "name", klass), element("span", "sure"), element("small", "second"));
    const button = element("button", "choice", name, key ? element("kbd", "", key) : "");
    button.type = "button";
    button.dataset.klass = klass;
    button.style.setProperty("--chip", facts.colors[klass]);
    if (key) button.setAttribute("aria-keyshortcuts", `${key} Shift+${key}`);
    listen(button, () => act(() => judge(klass)), () => act(() => markSecond(klass)));
    choices.append(button);
    if (!key) return;
    addAction(key, `it is ${klass}`, () => judge(klass));
    addAction(`shift+${key}`, "", () => markSecond(klass));
  });
}

function listen(button, choose, mark) {
  let timer = 0, wasLong = false;
  const stop = () => clearTimeout(timer);
  button.addEventListener("pointerdown", (event) => {
    wasLong = false;
    if (event.pointerType !== "mouse") timer = setTimeout(() => { wasLong = true; mark(); }, LONG_PRESS_MS);
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) button.addEventListener(name, stop);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.onclick = (event) => {
    if (event.detail) document.getElementById("message").focus({preventScroll: true}); // by mouse: else Enter would press this button again
    const touched = event.pointerType === "touch", now = performance.now();
    const again = touched && now - tappedAt < DOUBLE_TAP_MS;
    if (touched) tappedAt = now;
    if (!wasLong && !again) choose();
    wasLong = false;
  };
}

// Which class it would be if not the one chosen next; pressed again, none.
function markSecond(klass) {
  if (choices.hidden) return;
  second = second === klass ? null : klass;
  for (const button of choices.children) showSecond(button);
  say("live", second ? `second best: ${second}` : "no second best");
}

function showSecond(button) {
  const is = button.dataset.klass === second;
  button.classList.toggle("is-second", is);
  const words = button.querySelector(".second");
  if (words.textContent || is) words.textContent = is ? " second best" : "";
}

// The second best that was marked, if it is another class; it is for one message.
export function takeSecond(klass) {
  const taken = second !== klass ? second : null;
  second = null;
  return taken;
}

export function markChoices(message) {
  second = null;
  for (const button of choices.children) {
    const on = button.dataset.klass === message.predicted?.klass;
    const sure = on ? ` ${Math.round(100 * message.predicted.confidence)} %` : "";
    button.classList.toggle("on", on);
    if (button.querySelector(".sure").textContent !== sure) button.querySelector(".sure").textContent = sure;
    showSecond(button);
  }
}
