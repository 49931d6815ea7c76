// Promote, or roll back: one dialog, with a reason. A challenger that was never trained on everything is trained first.
import {ask, say} from "./shell.js";
import {element, safeText} from "./text.js";
import {when} from "./registry_words.js";

const get = (id) => document.getElementById(id);
const form = get("acting-form");
let sends = null;

function open(title, words, runs, go, send) {
  sends = send;
  form.reset();
  get("acting-refused").hidden = true;
  get("acting-title").replaceChildren(safeText(title));
  get("acting-words").replaceChildren(safeText(words));
  get("acting-whom").hidden = runs.length === 0;
  form.elements.run.replaceChildren(...runs.map(([run, label]) => Object.assign(element("option", ""), {value: run, textContent: label})));
  get("acting-go").textContent = go;
  get("acting").showModal();
  form.elements[runs.length > 1 ? "run" : "reason"].focus();
}

export function openPromote(run, champion) {
  const against = run.against ? "" : ` It cannot be held against the champion: ${run.not_paired}.`;
  const unsettled = run.against && run.against.settled !== "better" ? " That it is better is not settled." : "";
  const trained = run.size === null ? " It is trained on everything first, which may take a while." : "";
  const instead = champion ? `It takes the place of ${champion.title}.` : "It becomes the first champion.";
  open(`Promote ${run.title}`, `${instead}${unsettled}${against}${trained} The pipeline then lets it judge what it has not judged yet.`, [], "Promote it", async (reason) => {
    if (run.size === null) {
      say("busy", `training ${run.title} on everything`);
      get("acting-go").textContent = "Training…";
      await ask("compare/fit", {run: run.run});
    }
    await ask("registry/promote", {run: run.run, reason});
  });
}

// To any earlier champion; the one before comes first.
export function openRollBack(state) {
  const seen = new Set([state.champion?.run]), runs = [];
  for (const each of state.history) {
    if (seen.has(each.run_id)) continue;
    seen.add(each.run_id);
    runs.push([each.run_id, `${each.title}, champion since ${when(each.at)}`]);
  }
  if (!runs.length) return;
  open("Roll back", `${state.champion.title} stops being the champion. The pipeline leaves it at that until newer labels come, and lets the earlier champion judge what it has not judged yet.`,
    runs, "Roll back", (reason) => ask("registry/roll-back", {run: Number(form.elements.run.value), reason}));
}

export function onDone(done) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = get("acting-go").textContent;
    get("acting-go").disabled = true; // pressed twice, it is done once
    get("acting-refused").hidden = true;
    try {
      await sends(form.elements.reason.value);
      get("acting").close();
      await done();
    } catch (error) {
      get("acting-refused").replaceChildren(safeText(`${error.message}. ${error.fix ?? ""}`));
      get("acting-refused").hidden = false;
    } finally {
      get("acting-go").disabled = false;
      get("acting-go").textContent = words;
    }
  });
}

get("acting-cancel").addEventListener("click", () => get("acting").close());
