// Scores: a bar opens the messages in it.
import {asTable, count, percent} from "../as_table.js";
import {between, onMark, opener, rowsOf} from "../opening.js";

export function begin(context) {
  const behind = opener(context);
  const openBar = (correct) => (row) => behind({correct, ...between(row.start, row.end)});
  for (const [side, correct] of [["right", true], ["wrong", false]]) onMark(context, `scores.${side}`, openBar(correct));
  return {
    draw(changed) {
      if (!changed.has("scores.right") && !changed.has("scores.wrong")) return;
      const lines = [["right", true], ["wrong", false]].flatMap(([side, correct]) => rowsOf(context.state, `scores.${side}`).map((row) => [
        side, `${percent(row.start, 0)} to ${percent(row.end, 0)}`, percent(row.share),
        {text: count(row.n), say: `${side}, ${percent(row.start, 0)} to ${percent(row.end, 0)} sure: open the messages`, act: () => openBar(correct)(row)},
      ]));
      asTable("scores", ["", "confidence", "share", "messages"], lines);
    },
  };
}
