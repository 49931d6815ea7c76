// Class by class: a mark opens what is wrong of it.
import {asTable, count, percent} from "../as_table.js";
import {onMark, opener, rowsOf} from "../opening.js";

const NAMES = {precision: "right of what is called so", recall: "found of the class", f1: "F1"};

export function begin(context) {
  const behind = opener(context);
  const openMark = (row) => behind({[row.measure === "precision" ? "predicted" : "truth"]: row.klass, correct: false});
  onMark(context, "per_class.marks", openMark);
  return {
    draw(changed) {
      if (!changed.has("per_class.marks")) return;
      asTable("per_class", ["class", "measure", "interval", "messages", "value"], rowsOf(context.state, "per_class.marks").map((row) => [
        row.klass, NAMES[row.measure], `${percent(row.low)} to ${percent(row.high)}`, count(row.n),
        {text: percent(row.x), say: `of ${row.klass}: open what is wrong`, act: () => openMark(row)},
      ]));
    },
  };
}
