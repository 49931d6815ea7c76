// Opening a session, asking the office, deciding: the last two open one where there is none yet.
import {ask, say} from "./shell.js";
import {ahead, inWords} from "./compare_settle.js";

const get = (id) => document.getElementById(id);

export function offer(view, go) {
  const opening = get("opening"), asking = get("asking"), deciding = get("deciding");

  function open(dialog) {
    const named = Boolean(view.comparison);
    dialog.querySelector(".name").hidden = named;
    dialog.querySelector(".refused").hidden = true;
    const name = dialog.querySelector("[name=name]");
    name.required = !named;
    if (!named) name.value = `${view.pair.first} against ${view.pair.second}, ${new Date().toLocaleString([], {dateStyle: "medium", timeStyle: "short"})}`;
    dialog.showModal();
  }

  async function comparisonOf(form) {
    if (view.comparison) return view.id;
    const {id} = await ask("compare/open", {name: form.elements.name.value, first: view.first, second: view.second, beside: view.runs.slice(2)});
    await go({id});
    return id;
  }

  // The dialog stays open, with the reason in it, where something is refused.
  function send(dialog, work) {
    const form = dialog.querySelector("form"), submit = form.querySelector("[type=submit]"), refused = form.querySelector(".refused");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      submit.disabled = true;
      refused.hidden = true;
      try {
        await work(form);
        dialog.close();
        await go({});
      } catch (error) {
        refused.textContent = `${error.message}. ${error.fix ?? ""}`;
        refused.hidden = false;
      } finally {
        submit.disabled = false;
      }
    });
    form.querySelector(".cancel").addEventListener("click", () => dialog.close());
  }

  send(opening, comparisonOf);

  send(asking, async (form) => {
    const {overlap, equivalent} = form.elements;
    const id = await comparisonOf(form);
    await ask("compare/ask", {id, overlap: Number(overlap.value), equivalent: Number(equivalent.value) / 100});
  });

  let uuid = null; // one decision, however often it is sent
  send(deciding, async (form) => {
    const choice = form.elements.choice.value;
    const id = await comparisonOf(form);
    if (choice === "promote" && !view.pair.second_fitted) {
      say("busy", `training ${view.pair.second} on everything`);
      await ask("compare/fit", {run: view.second});
    }
    await ask("compare/decide", {id, uuid, choice, reason: form.elements.reason.value, unsettled: form.elements.unsettled.checked});
  });

  // To promote what is not settled takes a word more, and it is on record.
  function guard() {
    const form = get("deciding-form"), settle = view.comparison?.settle;
    const settled = settle?.state === "settled" && settle.leader === "b", promotes = form.elements.choice.value === "promote";
    form.querySelector(".unsettled").hidden = settled || !promotes;
    form.elements.unsettled.required = !settled && promotes;
  }

  function decide() {
    uuid = crypto.randomUUID();
    const settle = view.comparison?.settle, form = get("deciding-form");
    form.elements.choice.value = settle?.state === "settled" && settle.leader === "b" ? "promote" : settle?.state === "going on" ? "ask more" : "keep";
    form.elements.reason.value = "";
    form.elements.unsettled.checked = false;
    guard();
    const evidence = settle ? `${inWords(settle)}; ${ahead(settle)}.` : "The office was not asked: there is no evidence of its own.";
    get("deciding-words").textContent = `${evidence} It is kept with the decision, under your name.`;
    open(deciding);
    form.elements.reason.focus();
  }

  get("deciding-form").addEventListener("change", guard);
  const dialogs = {open: () => open(opening), ask: () => open(asking), decide};
  get("open").addEventListener("click", dialogs.open);
  get("ask").addEventListener("click", dialogs.ask);
  get("decide").addEventListener("click", dialogs.decide);
  return dialogs;
}
