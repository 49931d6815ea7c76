// The confusion matrix: against what, what is most often wrong, and the same as a table of buttons.
import {keep, kept} from "../kept.js";
import {element} from "../text.js";
import {narrowed} from "../views.js";

const AGAINST = ["folds", "verdicts", "imported"];
const EMPTY = {
  folds: "No fold is finished yet. It fills while the benchmark runs.",
  verdicts: "The office has judged no message that this model has predicted. Review changes that.",
  imported: "No message that this model has predicted came with a label of its own.",
};
const SOURCE = {folds: "on messages it was not trained on", verdicts: "against the office's verdicts", imported: "against the labels that came with the messages"};
// What shares are of. A reader's own liking: kept in the address and in this browser.
const NORMS = {row: "share of each row", col: "share of each column", all: "counts, and the share of all"};
const KEPT_NORM = "tallyroom.norm";

export function begin({state, doc, facts, view, open}) {
  const asked = kept("norm", localStorage.getItem(KEPT_NORM));
  let norm = asked in NORMS ? asked : "row";

  function openCell(truth, predicted) {
    const words = state.words[`confusion-${view.against}`];
    if (words?.run != null) open({run: words.run, against: view.against, truth, predicted, ...narrowed()});
  }

  function drawWords() {
    const words = state.words[`confusion-${view.against}`];
    const place = document.getElementById("confusion-sub");
    if (!words || !place) return;
    const nothing = words.total === 0;
    place.textContent = nothing ? "" : `${words.model} ${SOURCE[view.against]} · ${NORMS[norm]}${words.whole ? "" : ` · the newest ${words.total.toLocaleString("en")}`}`;
    document.getElementById("confusion-figure").classList.toggle("veil", nothing);
    const empty = document.getElementById("confusion-empty");
    empty.hidden = !nothing;
    empty.textContent = view.when || view.slice ? "None of the messages chosen above is in it." : EMPTY[view.against];
    const most = document.getElementById("confusion-most");
    most.hidden = !words.most;
    if (words.most) {
      most.textContent = `Most often wrong: ${words.most.n.toLocaleString("en")} ${words.most.truth} called ${words.most.predicted} →`;
      most.onclick = () => openCell(words.most.truth, words.most.predicted);
    }
    for (const model of doc._all_models.values()) {
      for (const name of AGAINST) {
        if (model.name !== `cells-${name}` && model.name !== `words-${name}`) continue;
        model.setv({visible: name === view.against}, {sync: false});
        drawNorm(model, model.name.startsWith("cells"));
      }
    }
  }

  // Which columns of the rows a cell and its words are drawn from.
  function drawNorm(renderer, isCell) {
    const field = (name) => ({field: name});
    if (isCell) { renderer.glyph.setv({fill_alpha: field(`${norm}_alpha`)}, {sync: false}); return; }
    const [place, ink] = renderer.tags;
    const text = (place === "large") === (norm === "all") ? "count" : `${norm}_share`;
    renderer.glyph.setv({text: field(text), text_alpha: field(`${norm}_${ink}`)}, {sync: false});
  }

  function drawSwitch() {
    for (const button of document.querySelectorAll("[data-norm]")) button.setAttribute("aria-pressed", String(button.dataset.norm === norm));
  }
  for (const button of document.querySelectorAll("[data-norm]")) {
    button.addEventListener("click", () => {
      norm = button.dataset.norm;
      localStorage.setItem(KEPT_NORM, norm);
      keep({norm: norm === "row" ? "" : norm});
      draw();
    });
  }

  // For the keyboard and for readers of the screen.
  function drawTable() {
    const place = document.getElementById("confusion-table");
    const rows = state.tables.get(`confusion.${view.against}`);
    if (!place || !rows) return;
    const focused = document.activeElement?.dataset?.cell;
    const table = element("table", "");
    table.append(element("tr", "", element("th", "", "is ↓ called →"), ...facts.classes.map((klass) => element("th", "", klass))));
    for (const truth of facts.classes) {
      const line = element("tr", "", element("th", "", truth));
      for (const klass of facts.classes) {
        const cell = rows.get(`${truth}|${klass}`);
        const count = cell?.count ?? "0";
        const button = element("button", "link", norm === "all" || !cell ? count : `${cell[`${norm}_share`]} (${count})`);
        button.type = "button";
        button.dataset.cell = `${truth}|${klass}`;
        button.setAttribute("aria-label", `${count} ${truth} called ${klass}: open the messages`);
        button.onclick = () => openCell(truth, klass);
        line.append(element("td", "", button));
      }
      table.append(line);
    }
    place.replaceChildren(table);
    if (focused) place.querySelector(`[data-cell="${CSS.escape(focused)}"]`)?.focus();
  }

  for (const name of AGAINST) {
    const source = doc.get_model_by_name(`confusion.${name}`);
    source?.selected.properties.indices.change.connect(() => {
      const [index] = source.selected.indices;
      if (index === undefined) return;
      const {truth, klass} = Object.fromEntries(["truth", "klass"].map((column) => [column, source.data[column][index]]));
      source.selected.setv({indices: []}, {sync: false});
      if (name === view.against) openCell(truth, klass);
    });
  }

  const draw = () => { drawSwitch(); drawTable(); drawWords(); };
  return {draw, onView: draw};
}
