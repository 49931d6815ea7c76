// The side drawer: the messages behind a number.
import {ask} from "./shell.js";
import {bodyOf, chip, element, safeText} from "./text.js";

const drawer = document.getElementById("drawer");
const rows = document.getElementById("drawer-rows");
const more = document.getElementById("drawer-more");
const sub = document.getElementById("drawer-sub");
let cameFrom = null;
let asked = 0;

export async function openDrawer(cell, facts) {
  if (drawer.hidden) cameFrom = document.activeElement;
  drawer.hidden = false;
  document.getElementById("drawer-title").textContent = cell.truth === cell.predicted ? `${cell.truth}, rightly called so` : `${cell.truth} called ${cell.predicted}`;
  sub.textContent = cell.against === "folds" ? `by ${cell.model}, on messages it was not trained on` : `by ${cell.model}, against the office's verdicts`;
  rows.replaceChildren();
  document.getElementById("drawer-close").focus();
  await page(cell, facts, 0, ++asked);
}

async function page(cell, facts, after, ticket) {
  more.hidden = true;
  const query = new URLSearchParams({run: cell.run, against: cell.against, truth: cell.truth, predicted: cell.predicted, after});
  try {
    const found = await ask(`messages.json?${query}`);
    if (ticket !== asked) return;
    rows.append(...found.messages.map((message) => row(message, facts)));
    if (!rows.children.length) rows.append(element("li", "", "No message is in this cell now."));
    more.hidden = found.after === null;
    more.onclick = () => page(cell, facts, found.after, ticket);
  } catch (error) {
    rows.append(element("li", "", `The messages cannot be shown: ${error.message}. ${error.fix ?? ""}`));
  }
}

function row(message, facts) {
  const when = message.sent_at === null ? "" : new Date(message.sent_at).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});
  const sure = `${(100 * message.confidence).toFixed(0)} % sure`;
  const meta = element("span", "meta", chip(message.predicted, facts), ...[sure, message.sender, when].filter(Boolean).map((word) => element("span", "", safeText(word))));
  return element("li", "", bodyOf(message.body), meta);
}

function close() {
  drawer.hidden = true;
  asked += 1;
  cameFrom?.focus();
}

document.getElementById("drawer-close").addEventListener("click", close);
drawer.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  if (event.key !== "Tab") return;
  const stops = [...drawer.querySelectorAll("button:not([hidden])")];
  const last = stops.at(-1), first = stops[0];
  if (event.shiftKey && document.activeElement === first) { last.focus(); event.preventDefault(); }
  else if (!event.shiftKey && document.activeElement === last) { first.focus(); event.preventDefault(); }
});
