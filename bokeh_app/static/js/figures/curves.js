// The curves: a dot opens what its model has wrong out of fold. Their names stand beside the lines, or on a phone below
// them, where they would take half of the figure.
import {asTable, count} from "../as_table.js";
import {onMark} from "../opening.js";
import {element} from "../text.js";

export function begin({state, doc, open}) {
  const openRun = (run, model) => open({run: Number(run), model, against: "folds", correct: false});
  onMark({state, doc}, "curves.dots", (row) => openRun(row.run, row.title));
  const narrow = matchMedia("(max-width: 600px)");
  const name = () => {
    for (const model of doc._all_models.values()) if (model.name === "curve-names") model.setv({visible: !narrow.matches}, {sync: false});
  };
  narrow.addEventListener("change", name);
  name();
  return {
    draw(changed) {
      if (changed.has("curves.lines")) {
        const lines = [...state.tables.get("curves.lines")].filter(([, row]) => row.x.length);
        asTable("curves", ["model", "trained on", "macro-F1"], lines.map(([run, row]) => [
          row.title, count(row.x.at(-1)), {text: row.y.at(-1).toFixed(4), say: `of ${row.title}: open what is wrong`, act: () => openRun(run, row.title)},
        ]));
      }
      if (!changed.has("curves.names")) return;
      const best = [...state.tables.get("curves.names").values()].sort((one, other) => other.y - one.y);
      document.getElementById("curves-legend")?.replaceChildren(...best.map((row) => {
        const item = element("li", "", element("span", "", row.text));
        item.style.color = row.color;
        return item;
      }));
    },
  };
}
