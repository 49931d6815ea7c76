// A figure's data as a table of buttons: for the keyboard, and for readers of the screen.
import {element, safeText} from "./text.js";

const numbers = new Map(); // of a figure's buttons, so that the focus stays where it is when rows change

// `heads` are words; `lines` are lists of cells: a word, or {text, say, act} for one that opens something.
export function asTable(figure, heads, lines) {
  const card = document.querySelector(`[data-figure="${figure}"]`);
  if (!card) return;
  let place = card.querySelector(":scope > details.as-table > div");
  if (!place) {
    place = element("div", "");
    card.append(element("details", "as-table", element("summary", "", "As a table"), place));
  }
  place.parentElement.hidden = lines.length === 0;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.number : undefined;
  numbers.set(figure, 0);
  const table = element("table", "");
  table.append(element("thead", "", element("tr", "", ...heads.map((head) => element("th", "", head)))));
  table.append(element("tbody", "", ...lines.map((line) => element("tr", "", ...line.map((cell, at) => element(at ? "td" : "th", "", content(figure, cell)))))));
  place.replaceChildren(table);
  if (focused !== undefined) place.querySelector(`[data-number="${focused}"]`)?.focus();
}

function content(figure, cell) {
  if (typeof cell === "string") return safeText(cell);
  const button = element("button", "link", safeText(cell.text));
  button.type = "button";
  button.dataset.number = numbers.get(figure);
  numbers.set(figure, numbers.get(figure) + 1);
  if (cell.say) button.setAttribute("aria-label", `${cell.text} ${cell.say}`);
  button.onclick = cell.act;
  return button;
}

export const percent = (share, digits = 1) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)} %`);
export const count = (n) => n.toLocaleString("en");
