// A page that shows one answer of the server: asked for at once, and again when its feed says that something moved.
import {follow} from "./feed.js";
import {ask, say, there, warn} from "./shell.js";

const RETRY_MS = 2_000;

// `name` answers (office.json) and is followed (office/feed); `what` it is called in a sentence. `show` shows an answer.
// What moves within `every` ms is asked for together, and nothing while `busy()`. Gives `look`, which asks now: what it
// promises is kept when an answer from after the call is shown.
export function keepAsking(name, {what, show, every = 1_000, busy = () => false}) {
  let asking = null, again = false, failed = false, asked = -Infinity, timer = 0;

  async function read() {
    try {
      do {
        again = false;
        asked = performance.now();
        show(await ask(`${name}.json`));
        there();
      } while (again);
      failed = false;
      if (!feed.tells) warn("");
    } catch (error) {
      failed = true;
      if (feed.tells) return; // the banner says what is wrong
      say("away", "no answer");
      warn(`${what} cannot be read now (${error.message}). ${error.fix ?? ""} What you see is the last that was read.`);
    }
  }

  function look() {
    again = true;
    clearTimeout(timer);
    asking ??= read().finally(() => {
      asking = null;
      if (failed) soon(RETRY_MS);
    });
    return asking;
  }

  function soon(ms) {
    clearTimeout(timer);
    timer = setTimeout(() => { if (busy()) soon(every); else if (!document.hidden) look(); }, ms); // who comes back is told
  }

  const feed = follow(`${name}/feed`, (message) => {
    if (message.kind === "moved") soon(Math.max(0, asked + every - performance.now()));
    return false; // it is there when the answer is
  });
  look();
  return look;
}
