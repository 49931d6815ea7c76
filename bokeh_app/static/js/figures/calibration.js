// Calibration: a dot or a bar opens the messages of its confidence.
import {asTable, count, percent} from "../as_table.js";
import {between, onMark, opener, rowsOf} from "../opening.js";

export function begin(context) {
  const behind = opener(context);
  const openBin = (row) => behind(between(row.start, row.end));
  onMark(context, "calibration.bins", openBin);
  return {
    draw(changed) {
      if (!changed.has("calibration.bins")) return;
      asTable("calibration", ["confidence", "on average", "right", "interval", "messages"], rowsOf(context.state, "calibration.bins").map((row) => [
        `${percent(row.start, 0)} to ${percent(row.end, 0)}`, percent(row.x), percent(row.y), `${percent(row.low)} to ${percent(row.high)}`,
        {text: count(row.n), say: `messages of which it was ${percent(row.start, 0)} to ${percent(row.end, 0)} sure: open them`, act: () => openBin(row)},
      ]));
    },
  };
}
