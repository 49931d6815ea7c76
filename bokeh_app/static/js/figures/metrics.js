// All metrics of the shown run, a line each.
import {element} from "../text.js";

const get = (id) => document.getElementById(id);
const DIGITS = 4;

function line(row) {
  const name = element("th", "", row.title);
  name.scope = "row";
  const ends = row.low === null ? "one fold" : `${row.low.toFixed(DIGITS)} to ${row.high.toFixed(DIGITS)}`;
  return element("tr", "", name, element("td", "is", row.is), element("td", "n", row.mean.toFixed(DIGITS)), element("td", "n", ends));
}

export function begin({state}) {
  return {
    draw(changed) {
      if (!changed.has("metrics.rows")) return;
      const rows = state.tables.get("metrics.rows");
      get("metric-rows").replaceChildren(...[...rows.values()].map(line));
      get("metrics-empty").hidden = rows.size > 0;
      get("metric-rows").closest("table").hidden = rows.size === 0;
    },
  };
}
