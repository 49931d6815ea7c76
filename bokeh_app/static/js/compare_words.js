// The lists to choose from, and what people said.
import {shortTitle} from "./model_name.js";
import {element, safeText} from "./text.js";
import {several} from "./compare_pair.js";

const get = (id) => document.getElementById(id);

function option(value, chosen, ...text) {
  const made = element("option", "", ...text);
  made.value = value;
  made.selected = value === chosen;
  return made;
}

export function drawChoices({board, comparison, first, second, id}) {
  for (const [name, chosen] of [["first", first], ["second", second]]) {
    get(name).replaceChildren(...board.runs.map((run) => option(run.run, chosen, shortTitle(run.title))));
    get(`${name}-role`).textContent = chosen === board.champion ? "champion" : "challenger";
  }
  const opened = board.comparisons.some((each) => each.id === id) || !comparison ? board.comparisons : [comparison, ...board.comparisons];
  get("comparison").replaceChildren(option(0, id, "none: only looking"), ...opened.map((each) => option(each.id, id, safeText(each.name))));
  get("open").hidden = id !== 0;
  get("copy").hidden = id === 0;
}

const when = (ms) => new Date(ms).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});

export function drawNotes({comparison}) {
  get("note-form").hidden = !comparison;
  const {notes = [], decisions = []} = comparison ?? {};
  const rows = [...notes, ...decisions].sort((one, other) => other.at - one.at).map((each) => {
    const what = each.choice ? [element("b", "", each.choice), ": ", safeText(each.reason)] : [safeText(each.text)];
    const line = element("li", "", element("div", "said", ...what), element("span", "sub", safeText(each.by), `, ${when(each.at)}${evidenceOf(each)}`));
    line.firstChild.dir = "auto";
    return line;
  });
  get("notes").replaceChildren(...(rows.length ? rows : [element("li", "sub", comparison ? "Nothing was said yet." : "Open a session to keep notes.")]));
}

export function evidenceOf({choice, settled, evidence}) {
  if (!choice) return "";
  const on = evidence ? `, on ${several(evidence.verdicts, "verdict")}` : ", without asking the office";
  return settled === false ? `${on}; not settled` : on;
}
