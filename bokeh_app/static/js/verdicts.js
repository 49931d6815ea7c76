// Verdicts, as they come.
import {bodyOf, chip, element} from "./text.js";

export function drawVerdicts(rows, facts) {
  const list = document.getElementById("verdicts");
  if (!list) return;
  const shown = new Map([...list.children].map((item) => [item.dataset.key, item]));
  const first = shown.size === 0;
  list.replaceChildren(...[...rows].map(([key, row]) => shown.get(key) ?? verdict(key, row, facts, !first)));
}

function verdict(key, row, facts, isNew) {
  let note = "no prediction";
  if (row.shown) note = row.shown === row.klass ? "confirmed" : `was ${row.shown}`;
  else if (row.blind) note = "judged blind";
  const who = element("span", row.shown && row.shown !== row.klass ? "who changed" : "who", note);
  who.title = `by ${row.person}`;
  if (row.simulated) who.append(" ", element("span", "simulated", "simulated"));
  const item = element("li", isNew ? "new" : "", bodyOf(row.body), chip(row.klass, facts), who);
  item.dataset.key = key;
  return item;
}
