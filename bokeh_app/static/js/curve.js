// ROC and precision-recall: the area below each class's curve in words; a point opens what is wrongly called so from there on.
import {asTable, count, percent} from "./as_table.js";
import {onMark, opener, rowsOf} from "./opening.js";
import {element} from "./text.js";

export function beginCurve(context, name, area) {
  const behind = opener(context);
  const openPoint = (row) => behind({predicted: row.klass, correct: false, ...(row.at > 0 ? {at_least: row.at} : {})});
  onMark(context, `${name}.points`, openPoint);

  function drawAreas() {
    const card = document.querySelector(`[data-figure="${name}"]`);
    if (!card) return;
    const list = card.querySelector(".areas") ?? card.querySelector(".figure").insertAdjacentElement("afterend", element("ul", "areas"));
    list.setAttribute("aria-label", area);
    list.replaceChildren(...rowsOf(context.state, `${name}.areas`).map((row) => {
      const item = element("li", "", element("b", "", row.klass), ` ${row.value.toFixed(3)} `, element("span", "", `${row.low.toFixed(3)} to ${row.high.toFixed(3)}`));
      item.style.setProperty("--klass", row.color);
      return item;
    }));
  }

  return {
    draw(changed) {
      if (!changed.has(`${name}.points`) && !changed.has(`${name}.areas`)) return;
      drawAreas();
      asTable(name, ["class", area, "interval", "messages", "called so wrongly"], rowsOf(context.state, `${name}.areas`).map((row) => [
        row.klass, row.value.toFixed(3), `${row.low.toFixed(3)} to ${row.high.toFixed(3)}`,
        {text: count(row.n), say: `messages of ${row.klass}: open them`, act: () => behind({truth: row.klass})},
        {text: percent(0.5, 0), say: `sure or more, and wrongly called ${row.klass}: open the messages`, act: () => openPoint({klass: row.klass, at: 0.5})},
      ]));
    },
  };
}
