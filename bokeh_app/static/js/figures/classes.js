// Classes over time: dragging over some hours narrows the whole page to them.
import {rangeOf} from "../views.js";

export function begin({doc, show}) {
  const plot = doc.get_model_by_name("classes");
  plot?.on_event?.("selectiongeometry", (event) => {
    if (!event.final || event.geometry?.x0 === undefined) return;
    const {x0, x1} = event.geometry;
    show({when: rangeOf(Math.min(x0, x1), Math.max(x0, x1))});
  });
  return {};
}
