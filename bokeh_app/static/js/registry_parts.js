// The registry's champion, challengers and history.
import {modelName} from "./model_name.js";
import {element, safeText} from "./text.js";
import {kilobytes, kindOf, megabytes, points, score, seconds, several, stateOf, when} from "./registry_words.js";

const get = (id) => document.getElementById(id);

export function drawChampion(state) {
  const {champion, history} = state;
  get("no-champion").hidden = champion !== null;
  get("champion-card").hidden = champion === null;
  if (!champion) { get("champion-since").textContent = ""; return; }
  get("champion-since").replaceChildren(safeText(`${history[0].act} by ${champion.by}, ${when(champion.since)}`));
  get("champion-name").replaceChildren(modelName(champion.title, {copy: true}));
  get("champion-kind").textContent = kindOf(champion.linear);
  get("champion-why").replaceChildren(safeText(champion.reason));
  get("champion-quality").textContent = score(champion.quality);
  get("champion-half").textContent = champion.half === null ? "" : `± ${champion.half.toFixed(4)} over ${several(champion.folds, "fold")}`;
  get("champion-trained").textContent = several(champion.trained_on, "message");
  get("champion-labels").textContent = champion.label_set ? `the frozen set ${champion.label_set}` : `labels up to ${champion.label_cutoff.toLocaleString("en")}`;
  get("champion-size").textContent = champion.size === null ? "–" : `${kilobytes(champion.size)} kB`;
  get("champion-speed").textContent = champion.predict_ms === null ? "" : `${(1000 * champion.predict_ms).toFixed(1)} µs a message, vectorising left out`;
  const made = champion.made_with;
  get("champion-commit").textContent = made?.commit ? `${made.commit.id.slice(0, 8)}${made.commit.dirty ? " + changes" : ""}` : made ? "not in git" : "–";
  get("champion-took").textContent = made?.trial ? `${seconds(made.trial.seconds)} s on trial, ${megabytes(made.trial.peak_memory)}` : "made by an earlier version";
  get("back").hidden = !state.may_promote || new Set(history.map((each) => each.run_id)).size < 2;
}

// `on`: what the page does when a row is looked at, or promoted.
export function drawChallengers(state, on, chosen) {
  const body = get("challengers").tBodies[0];
  const at = document.activeElement?.closest?.("#challengers tr")?.dataset.run, does = document.activeElement?.dataset?.does;
  body.replaceChildren(...state.challengers.map((run) => row(run, state, on, chosen)));
  get("no-challengers").hidden = state.challengers.length > 0 || state.champion === null;
  get("challengers").parentElement.hidden = state.challengers.length === 0;
  get("promote-hint").hidden = !state.may_promote;
  const margin = (100 * state.margin).toFixed(2);
  get("rule").textContent = state.champion ? `Linear first: one that is not linear takes over only where it is better than the best linear one by ${margin} points or more, and the whole interval is above nothing. The same holds for whoever is to follow the champion.` : "";
  const again = at && body.querySelector(`[data-run="${at}"]`);
  if (again) (again.querySelector(`[data-does="${does}"]`) ?? again).focus({preventScroll: true});
}

function row(run, state, on, chosen) {
  const name = element("button", "link name", modelName(run.title));
  Object.assign(name, {type: "button", onclick: () => on.look(run)});
  name.dataset.does = "look";
  name.setAttribute("aria-label", `Look at ${run.title}`);
  const [mood, words] = stateOf(run);
  const said = element("td", "", element("span", `state ${mood}`, words), " ", element("span", "state", kindOf(run.linear)));
  if (run.error) said.append(element("span", "sub", safeText(run.error)));
  const cells = [
    element("td", "", name),
    element("td", "", run.quality === null ? "–" : `${score(run.quality)} ± ${run.half.toFixed(4)}`),
    element("td", "gain", ...distance(run)),
    said,
    head(element("td", "n", seconds(run.fit_seconds)), "fit, s"),
    head(element("td", "n", kilobytes(run.size)), "kB"),
    element("td", "", ...(state.may_promote && run.state === "done" ? [promote(run, on)] : [])),
  ];
  const made = element("tr", chosen === run.run ? "shown" : "", ...cells);
  made.tabIndex = 0;
  made.dataset.run = run.run;
  return made;
}

function head(cell, words) { cell.dataset.head = words; return cell; }

function promote(run, on) {
  const button = element("button", "btn", "Promote…");
  Object.assign(button, {type: "button", onclick: () => on.promote(run)});
  button.dataset.does = "promote";
  button.setAttribute("aria-label", `Promote ${run.title}`);
  return button;
}

function distance(run) {
  if (!run.against) return [element("span", "sub", run.not_paired)];
  const {difference, low, high, settled} = run.against;
  const words = settled ? `${settled}, settled` : "not settled";
  return [element("span", settled, points(difference)), ` (${points(low)} to ${points(high)})`, element("span", "sub", words)];
}

export function drawHistory(lines, state, on, {afresh}) {
  const made = lines.map((each) => {
    const now = each.id === state.history[0]?.id;
    const title = element("button", "link", modelName(each.title));
    Object.assign(title, {type: "button", onclick: () => on.look({run: each.run_id})});
    const what = each.act === "rolled back" ? "Rolled back to " : "";
    const line = element("li", now ? "now" : each.act === "rolled back" ? "back" : "",
      element("div", "what", what, title, now ? element("span", "sub", " · champion now") : ""),
      element("div", "sub", safeText(`${each.by}, ${when(each.at)}`)),
      element("p", "reason", safeText(each.reason)));
    line.dataset.id = each.id;
    return line;
  });
  if (afresh) get("history").replaceChildren(...made);
  else get("history").append(...made);
  get("no-history").hidden = get("history").children.length > 0;
}
