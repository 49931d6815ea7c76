// The labels that the champion doubts: how many, what became of them, and a queue of them.
import {ask, warn} from "./shell.js";
import {safeText} from "./text.js";

const get = (id) => document.getElementById(id);
let look = () => {};

// With a queue of them there is nothing left to make: its row tells how far it is.
export function drawDoubted(state, again) {
  look = again;
  const doubted = state.label_errors;
  get("doubted").hidden = !doubted;
  if (!doubted) return;
  const asked = state.queues.some((queue) => queue.queue_id === doubted.queue_id && queue.state === "open" && queue.left);
  const rest = asked ? " The office is asked about them." : doubted.waiting ? " People judge them blind; what they say outweighs the label, and the next training learns from it." : "";
  get("doubted-words").replaceChildren(safeText(doubted.sentence + rest));
  get("doubted-ask").hidden = doubted.queue_id !== null || doubted.waiting === 0;
  get("doubted-review").hidden = !asked;
}

async function make() {
  const button = get("doubted-ask");
  button.disabled = true; // pressed twice, it is made once
  try {
    await ask("queues/label-errors", {});
  } catch (error) {
    warn(`The queue was not made: ${error.message}. ${error.fix ?? ""}`);
    return;
  } finally {
    button.disabled = false;
  }
  await look();
}

get("doubted-ask").addEventListener("click", make);

export const keyOfDoubted = {key: "e", press: () => { if (!get("doubted").hidden && !get("doubted-ask").hidden && !get("doubted-ask").disabled) make(); }};
