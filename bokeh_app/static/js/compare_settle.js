// What the office's blind verdicts say so far: the interval on a scale, the evidence, the verdicts to go.
import {safeText, element} from "./text.js";
import {several} from "./compare_pair.js";

const get = (id) => document.getElementById(id);
const points = (value) => (100 * Math.abs(value)).toFixed(Math.abs(value) < 0.0995 ? 1 : 0);

export function odds(evidence) {
  if (evidence >= 1e6) return "over a million : 1";
  return evidence >= 1 ? `${Math.round(evidence).toLocaleString()} : 1` : `1 : ${Math.round(1 / evidence).toLocaleString()}`;
}

export function inWords({low, high, evidence, verdicts}) {
  if (!verdicts) return "no verdict yet";
  const by = low > 0 ? `B better by ${points(low)} to ${points(high)} points`
    : high < 0 ? `A better by ${points(high)} to ${points(low)} points`
      : `A by ${points(low)} to B by ${points(high)} points`;
  return `${by} · evidence ${odds(evidence)}`;
}

export function ahead(settle) {
  const {state, leader, settled_at: at, to_go: left, queued, verdicts} = settle;
  if (state === "settled") return `${leader.toUpperCase()}, at verdict ${at.toLocaleString()}`;
  if (state === "equal") return "the two are equal";
  if (state === "all judged") return "all judged, not settled";
  if (!verdicts) return "ask on";
  if (left === null) return "no end in sight";
  return left > queued - verdicts ? `about ${left.toLocaleString()}, and ${queued - verdicts} are left` : `about ${several(left, "verdict")}`;
}

export function drawSettle(comparison, pair) {
  const settle = comparison?.settle ?? null;
  get("evidence").textContent = settle ? inWords(settle) : "the office was not asked yet";
  const settled = settle && settle.state !== "going on";
  get("go-title").textContent = settle ? (settled ? "settled" : `to settle at ${Math.round(1 / settle.level)} : 1`) : "to settle";
  if (settle?.state === "equal") get("go-title").textContent = "stopped";
  if (settle?.state === "all judged") get("go-title").textContent = "stopped";
  get("go").textContent = settle ? ahead(settle) : "–";
  get("ask").disabled = settle !== null;
  drawScale(settle);
  const newest = comparison?.decisions[0];
  get("decided").hidden = !newest;
  if (newest) get("decided").replaceChildren(element("b", "", `Decided: ${newest.choice}`), ", by ", safeText(newest.by), ": ", safeText(newest.reason), ". ", element("span", "sub", frozen(newest)));
  get("session-words").textContent = words(settle, pair);
}

// The evidence as it was when it was decided.
function frozen({evidence, settled}) {
  const how = settled === false ? "Not settled then: " : "The evidence then: ";
  return evidence ? `${how}${inWords(evidence)}, on ${several(evidence.verdicts, "verdict")}.` : `${how}the office was not asked.`;
}

function drawScale(settle) {
  const scale = get("scale"), [bar, dot] = scale.children;
  scale.classList.toggle("off", !settle?.verdicts);
  if (!settle?.verdicts) return;
  const most = 1.15 * Math.max(Math.abs(settle.low), Math.abs(settle.high), settle.equivalent, 1e-6);
  const at = (value) => 50 + 50 * value / most;
  bar.style.left = `${at(settle.low)}%`;
  bar.style.right = `${100 - at(settle.high)}%`;
  dot.style.left = `${at(settle.difference)}%`;
  scale.dataset.leads = settle.low > 0 ? "b" : settle.high < 0 ? "a" : "";
}

function words(settle, pair) {
  const where = (settle?.basis ?? pair.basis) === "predictions" ? "messages that both have judged and neither learnt from" : "labelled messages, as each called them without having learnt from them";
  if (!settle) return `The two are held against each other on ${where}.`;
  const neither = settle.neither ? `, neither on ${settle.neither}` : "";
  const waiting = settle.waiting ? ` ${several(settle.waiting, "verdict")} more count once the messages drawn before them are back.` : "";
  return `They disagree on ${settle.disagree.toLocaleString()} of ${settle.compared.toLocaleString()} ${where}. Of ${several(settle.verdicts, "blind verdict")} A was right on ${settle.a}, B on ${settle.b}${neither}.${waiting}`;
}
