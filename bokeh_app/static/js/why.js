// The words that moved a linear model to what it said of a message: asked for once, when somebody opens the message.
import {ask} from "./shell.js";
import {chip, element, safeText} from "./text.js";
import {readingText} from "./reading.js";

const EXPLAINED = 4_000; // characters whose words are looked at
const KEPT = 200;
const STARTING_TRIES = 30;
const known = new Map();

// Its marks by `run`, which called it `klass`; null while the explainer is still starting.
export async function marksOf({message_id, body}, run, klass) {
  const key = `${message_id} ${run} ${klass}`;
  if (!known.has(key)) {
    const asked = {message_id, run, body: [...body].slice(0, EXPLAINED).join(""), predicted: klass};
    let {marks, explains} = await ask("messages/opened", asked);
    for (let tries = 0; !explains && tries < STARTING_TRIES; tries += 1) { // the server has just begun
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      ({marks, explains} = await ask("messages/opened", asked));
    }
    if (!explains) return null;
    if (known.size >= KEPT) known.clear();
    known.set(key, marks);
  }
  return known.get(key);
}

// The text as the model `name` read it, its words underlined, and a sentence on what that means.
export async function readingOf(message, name, run, klass, facts) {
  let words, marks = null;
  try {
    marks = await marksOf(message, run, klass);
    words = marks === null ? "The explainer is still starting: open this again in a moment."
      : marks.length ? "Underlined: what moved it, in colour towards this, grey away from it." : "No single word moved it; or its model is not linear, or not kept.";
  } catch (error) {
    words = `Its words cannot be shown: ${error.message}.`;
  }
  const text = element("p", "reading", ...(marks?.length ? [readingText(message.body, marks)] : []));
  text.dir = "auto";
  text.style.setProperty("--tint", facts.colors[klass] || "var(--accent)");
  return element("div", "why", element("p", "sub", safeText(name), " ", chip(klass, facts), ` ${words}`), ...(marks?.length ? [text] : []));
}
