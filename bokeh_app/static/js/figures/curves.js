// The curves' names: beside the lines, or on a phone below them, where they would take half of the figure.
import {element} from "../text.js";

export function begin({state, doc}) {
  const narrow = matchMedia("(max-width: 600px)");
  const name = () => {
    for (const model of doc._all_models.values()) if (model.name === "curve-names") model.setv({visible: !narrow.matches}, {sync: false});
  };
  narrow.addEventListener("change", name);
  name();
  return {
    draw(changed) {
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
