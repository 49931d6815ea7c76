// Slice by slice: a line narrows the whole page to its slice; its mistakes open from the table.
import {asTable, count, percent} from "../as_table.js";
import {onMark, opener, rowsOf} from "../opening.js";

export function begin(context) {
  const behind = opener(context);
  const narrow = (row) => context.show({slice: row.slice});
  onMark(context, "by_slice.slices", narrow);
  return {
    draw(changed) {
      if (!changed.has("by_slice.slices")) return;
      asTable("by_slice", ["slice", "right", "interval", "macro-F1", "messages", "wrong"], rowsOf(context.state, "by_slice.slices").map((row) => [
        {text: row.text, say: ": show only these on this page", act: () => narrow(row)},
        percent(row.x), `${percent(row.low)} to ${percent(row.high)}`, row.f1.toFixed(3), count(row.n),
        {text: count(row.wrong), say: `wrong in ${row.text}: open the messages`, act: () => behind({slice: row.slice, correct: false})},
      ]));
    },
  };
}
