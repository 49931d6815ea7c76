// Asked for beside the queues: what spot checks told of the groups of look-alikes that were judged together, for leads.
import {ask} from "./shell.js";

const EVERY_MS = 30_000;
const place = document.getElementById("group-checks");
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const several = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

function words({groups, messages, unseen, checked, otherwise, waiting, share, low, high}) {
  const judged = `Look-alikes: ${several(messages, "message")} judged in ${several(groups, "group")}, ${unseen.toLocaleString("en")} of them unseen.`;
  if (!checked) return waiting ? `${judged} None of ${several(waiting, "blind spot check")} is judged yet.` : `${judged} None of it is checked: nobody else was there, or all was seen.`;
  return `${judged} Of ${several(checked, "blind spot check")} ${otherwise} came out otherwise: ${percent(share)} of the unseen are labelled wrong (${percent(low)} to ${percent(high)}); ${waiting} wait.`;
}

let asked = -Infinity;
export async function lookAtGroups() {
  if (performance.now() - asked < EVERY_MS) return;
  asked = performance.now();
  const told = await ask("desk/lookalikes/checks.json").catch(() => null); // the page's own look tells of a lost connection
  if (!told) return;
  place.hidden = told.groups === 0;
  place.textContent = words(told);
}
