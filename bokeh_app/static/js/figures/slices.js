// The classes by slice: a stack a day; a name narrows the page to its slice, and again to all.
import {element, safeText} from "../text.js";

export function begin({state, facts, view, show}) {
  const place = document.getElementById("slices-table");

  function days(counts) {
    const made = element("div", "days");
    made.setAttribute("aria-hidden", "true");
    for (const day of counts) {
      const total = day.reduce((sum, n) => sum + n, 0);
      made.append(element("span", "", ...day.map((n, number) => {
        const part = element("i", "");
        part.style.height = `${total ? 100 * n / total : 0}%`;
        part.style.background = facts.colors[facts.classes[number]];
        return part;
      })));
    }
    return made;
  }

  function line(name, row) {
    const [family] = name.split(":", 1);
    const on = view.slice === name;
    const button = element("button", "link", safeText(name.slice(family.length + 1)));
    button.type = "button";
    button.dataset.slice = name;
    button.setAttribute("aria-pressed", String(on));
    button.onclick = () => show({slice: on ? "" : name});
    const newest = row.days.at(-1), total = newest.reduce((sum, n) => sum + n, 0);
    const shares = total ? newest.map((n, number) => `${facts.classes[number]} ${(100 * n / total).toFixed(0)} %`).join(", ") : "none today";
    const drift = row.moved ? element("span", "moved", row.moved) : element("span", "", row.distance === null ? "new" : "calm");
    const made = element("tr", on ? "on" : "",
      element("th", "", button, " ", element("span", "family", family)),
      element("td", "n optional", row.n.toLocaleString("en")),
      element("td", "", days(row.days)),
      element("td", "optional", shares),
      element("td", "", drift));
    made.firstChild.scope = "row";
    return made;
  }

  function drawAll() {
    const rows = state.tables.get("slices.rows");
    if (!rows || !place) return;
    document.getElementById("slices-empty").hidden = rows.size > 0;
    const focused = document.activeElement?.dataset?.slice;
    const head = element("thead", "", element("tr", "", ...["slice", "messages", "a day each", "newest day", "moved?"].map((word, at) => {
      const cell = element("th", at === 1 || at === 3 ? "optional" : "", word);
      cell.scope = "col";
      return cell;
    })));
    const body = element("tbody", "", ...[...rows].map(([name, row]) => line(name, row)));
    place.replaceChildren(rows.size ? element("table", "slice-table", head, body) : "");
    if (focused !== undefined) place.querySelector(`[data-slice="${CSS.escape(focused)}"]`)?.focus();
  }

  return {draw(changed) { if (changed.has("slices.rows")) drawAll(); }, onView: drawAll};
}
