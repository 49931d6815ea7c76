// One model from near: what speaks for each class, the surest of its errors, what it was made with.
import {ask, facts, route, warn} from "./shell.js";
import {modelName} from "./model_name.js";
import {chip, element, safeText} from "./text.js";
import {openDrawer} from "./drawer.js";
import {rowOf} from "./drawer_row.js";
import {kindOf, megabytes, score, seconds, several} from "./registry_words.js";

const SHOWN = 6;
const get = (id) => document.getElementById(id);
let asked = 0, drawn = "", errorsOf = "";

const wrong = (run) => ({run, against: "folds", correct: "false", order: "surest"});

// Shows a run, to be downloaded where `may` says so; what has not changed is not drawn again, so that nobody loses a
// message that they have opened.
export async function showModel(run, may) {
  const ticket = ++asked;
  get("model").hidden = false;
  try {
    const model = await ask(`registry/model.json?run=${run}`);
    if (ticket !== asked) return;
    const now = JSON.stringify(model), errors = `${run} ${model.judged} ${model.wrong}`;
    if (now !== drawn) draw(model);
    drawn = now;
    Object.assign(get("download"), {hidden: !(may && model.linear && model.size), onclick: () => download(model)});
    if (errors !== errorsOf) await showErrors(model, errors);
  } catch (error) {
    if (ticket !== asked) return;
    drawn = errorsOf = "";
    get("model-title").textContent = "This model cannot be shown";
    get("model-sub").textContent = `${error.message}. ${error.fix ?? ""}`;
    for (const place of ["terms", "errors", "made"]) get(place).replaceChildren();
    for (const place of ["terms-words", "errors-words", "made-words"]) get(place).textContent = "";
    get("all-errors").hidden = get("download").hidden = true;
  }
}

// Asked for first and saved then: a model that cannot leave says why, on this page.
async function download(model) {
  const button = get("download"), link = document.createElement("a");
  if (button.disabled) return;
  button.disabled = true;
  try {
    const response = await fetch(route(`registry/download?run=${model.run}`)).catch(() => { throw new Error("the server does not answer"); });
    if (!response.ok) {
      const {error} = await response.json();
      throw new Error([error.what, error.fix].filter(Boolean).join(". "));
    }
    link.download = /filename="([^"]*)"/.exec(response.headers.get("Content-Disposition"))[1];
    link.href = URL.createObjectURL(await response.blob());
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    warn("");
  } catch (error) {
    warn(`${model.title} cannot be downloaded: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

export function forgetModel() { drawn = errorsOf = ""; }

function draw(model) {
  get("model-title").replaceChildren(modelName(model.title, {copy: true}));
  get("model-sub").textContent = [kindOf(model.linear), model.quality === null ? "" : `macro-F1 ${score(model.quality)} ± ${model.half.toFixed(4)}`, `run ${model.run}`].filter(Boolean).join(" · ");
  drawTerms(model);
  drawMade(model.made_with);
}

function drawTerms(model) {
  get("terms").replaceChildren(...(model.terms ?? []).map((each) => {
    const strongest = Math.max(...each.terms.map((term) => term.weight), 1e-9);
    const items = each.terms.map(({term, weight}) => {
      const made = element("li", "term", safeText(term));
      made.dir = "auto";
      made.title = `weighs ${weight.toPrecision(3)}`;
      made.style.setProperty("--tint", facts.colors[each.klass] || "var(--accent)");
      made.style.setProperty("--share", `${Math.round(22 * weight / strongest)}%`);
      return made;
    });
    const open = element("button", "link", chip(each.klass, facts));
    Object.assign(open, {type: "button", onclick: () => openDrawer({run: model.run, against: "folds", predicted: each.klass, order: "surest"})});
    open.setAttribute("aria-label", `Messages called ${each.klass}, the surest first`);
    return element("div", "of-class", open, element("ul", "", ...items));
  }));
  get("terms-words").textContent = model.terms
    ? "The strongest terms of its weights, each against the other classes; parts of a stronger one are left out."
    : model.size === null ? "It was tried on folds and never trained on everything: there is no model to look into."
      : "Only a linear model can be read like this.";
}

async function showErrors(model, these) {
  errorsOf = these;
  const all = get("all-errors");
  all.hidden = model.wrong === 0;
  all.textContent = `all ${model.wrong.toLocaleString("en")}`;
  all.setAttribute("aria-label", `All ${model.wrong.toLocaleString("en")} wrong ones, the surest first`);
  all.onclick = () => openDrawer(wrong(model.run), facts, `${model.title}, most certain and wrong`);
  get("errors").replaceChildren();
  get("errors-words").textContent = model.judged ? `${model.wrong.toLocaleString("en")} of ${several(model.judged, "message")} that it was not trained on. Open one to see the words that moved it.` : "It has judged no messages out of fold.";
  if (!model.wrong) return;
  const found = await ask(`messages.json?${new URLSearchParams(wrong(model.run))}`).catch((error) => ({messages: [], failed: error}));
  if (these !== errorsOf) return; // another model is looked at by now
  if (found.failed) get("errors-words").textContent = `They cannot be shown: ${found.failed.message}. ${found.failed.fix ?? ""}`;
  get("errors").replaceChildren(...found.messages.slice(0, SHOWN).map((message) => rowOf(message, {run: model.run}, facts)));
  for (const line of get("errors").querySelectorAll(".line")) line.setAttribute("tabindex", "0");
}

get("errors").addEventListener("keydown", (event) => {
  if ((event.key !== "Enter" && event.key !== " ") || !event.target.matches(".line")) return;
  event.preventDefault();
  event.stopPropagation();
  event.target.click();
});

function drawMade(made) {
  const rows = made ? lines(made) : [];
  get("made").replaceChildren(...rows.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", "", name), element("dd", "", safeText(String(value)))]));
  get("made-words").textContent = made ? "" : "A run of an earlier version: nothing more is known than its labels and its seed.";
}

function lines({commit, dictionary, dataset, messages, snapshot, labels, seed, python, packages, platform, host, trial, fit}) {
  const took = (part) => part && `${seconds(part.seconds)} s, ${megabytes(part.peak_memory)} at most, on ${part.host}`;
  return [
    ["commit", commit ? `${commit.id}${commit.dirty ? ", and changes that are in none" : ""}` : "the room's folder is in no git repository"],
    ["dataset", dataset && `${dataset}, ${several(messages, "labelled message")}`],
    ["dictionary", dictionary],
    ["snapshot", snapshot && `labels ${snapshot.labels}, texts ${snapshot.texts}`],
    ["labels", labels && (labels.set ? `the frozen set ${labels.set} (${labels.set_fingerprint})` : `up to ${labels.cutoff.toLocaleString("en")}`)],
    ["classes", labels && Object.entries(labels.counts).map(([klass, n]) => `${klass} ${n.toLocaleString("en")}`).join(", ")],
    ["seed", String(seed)],
    ["Python", python],
    ["packages", packages && Object.entries(packages).map(([name, version]) => `${name} ${version}`).join(", ")],
    ["machine", platform && `${host}, ${platform}`],
    ["trial", took(trial)],
    ["fit", took(fit)],
  ];
}
