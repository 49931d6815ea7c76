// Fold by fold: a dot opens what the held-out folds have wrong of its class.
import {asTable} from "../as_table.js";
import {onMark, rowsOf} from "../opening.js";

export function begin({state, doc, open}) {
  // The folds are of all messages, whatever the page is narrowed to.
  function openDot(row) {
    const shown = state.words["quality-of"];
    if (shown?.run != null) open({run: shown.run, model: shown.model, against: "folds", correct: false, ...(row.klass ? {truth: row.klass} : {})});
  }
  onMark({state, doc}, "folds.dots", openDot);
  return {
    draw(changed) {
      if (!changed.has("folds.dots")) return;
      asTable("folds", ["", "fold", "F1"], rowsOf(state, "folds.dots").map((row) => [
        row.line, row.fold, {text: row.x.toFixed(4), say: `of ${row.line}: open what is wrong`, act: () => openDot(row)},
      ]));
    },
  };
}
