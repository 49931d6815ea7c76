// The trials by one of their parameters: a lane for each choice, or a scale where it is a number. What a name does not say is the usual.
import {node, scaleOf} from "./search_chart.js";
import {element, safeText} from "./text.js";

const LEFT = 44, RIGHT = 12, TOP = 8, BOTTOM = 22, USUAL = "usual", LANES_MOST = 12, LEAST = 3;
const NAME = /^(cascade:)?([^(]+?)(?:\(([^()]*)\))?-([^(-]+)(?:\(([^()]*)\))?$/su;

// Of `cascade:char(longest=4)-svc(C=0.5)`: shape, features, estimator, char.longest, svc.C; null of what cannot be read.
export function parametersOf(name) {
  const [, cascade, features, first = "", estimator, second = ""] = NAME.exec(name) ?? [];
  if (features === undefined) return null;
  const values = {features, estimator, shape: cascade ? "cascade" : "flat"};
  for (const [part, said] of [[features, first], [estimator, second]]) for (const each of said.split(",").filter(Boolean)) {
    const [key, value = ""] = each.split("=");
    values[`${part}.${key}`] = value;
  }
  return values;
}

export function beginSlice(frame, choice, onChoose) {
  let last = [];

  function draw(trials) {
    last = trials;
    const read = trials.filter((each) => each.macro_f1 !== null && each.state !== "running").map((each) => [each, parametersOf(each.candidate)]).filter(([, values]) => values);
    const counts = new Map();
    for (const [, values] of read) for (const key of Object.keys(values)) counts.set(key, (counts.get(key) ?? 0) + 1);
    const keys = [...counts.keys()].filter((key) => !key.includes(".") || counts.get(key) >= LEAST).sort((one, other) => Number(one.includes(".")) - Number(other.includes(".")) || one.localeCompare(other));
    if (keys.join() !== [...choice.options].map((each) => each.value).join()) {
      const before = choice.value;
      choice.replaceChildren(...keys.map((key) => Object.assign(element("option", "", safeText(key)), {value: key})));
      if (keys.includes(before)) choice.value = before;
    }
    show(read, choice.value);
  }

  function show(read, key) {
    const width = frame.clientWidth, height = frame.clientHeight, part = key.split(".")[0];
    const mine = read.filter(([, values]) => !key.includes(".") || values.features === part || values.estimator === part);
    if (!width || !height || !mine.length) { frame.replaceChildren(); return; }
    const said = mine.map(([, values]) => values[key]).filter((value) => value !== undefined);
    const numbers = said.map(Number), isScale = numbers.every(Number.isFinite) && new Set(numbers).size > 2;
    const lanes = isScale ? [] : [...new Set(mine.map(([, values]) => values[key] ?? USUAL))].sort().slice(0, LANES_MOST);
    const low = Math.min(...numbers), high = Math.max(...numbers), log = low > 0 && high / low > 20;
    const share = (value) => high === low ? 0.5 : log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    const hasUsual = isScale && said.length < mine.length, from = LEFT + (hasUsual ? 64 : 10);
    const lane = (width - LEFT - RIGHT) / Math.max(1, lanes.length);
    const x = (value, jitter) => isScale ? (value === undefined ? LEFT + 24 + 12 * jitter : from + (width - RIGHT - 10 - from) * share(Number(value))) : LEFT + lane * (lanes.indexOf(value ?? USUAL) + 0.5) + Math.min(40, lane * 0.6) * jitter;
    const {y, ticks} = scaleOf(mine.map(([each]) => each), [], {top: TOP, bottom: height - BOTTOM});
    const svg = node("svg", {"aria-hidden": "true"});
    for (const value of ticks) svg.append(node("line", {class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value)}), node("text", {x: LEFT - 6, y: y(value) + 4, "text-anchor": "end"}, value.toFixed(3)));
    const label = (at, words, anchor = "middle") => svg.append(node("text", {x: at, y: height - 5, "text-anchor": anchor}, words));
    const room = Math.max(3, Math.floor(lane / 7));
    for (const [place, name] of lanes.entries()) label(LEFT + lane * (place + 0.5), name.length > room ? `${name.slice(0, room - 1)}…` : name);
    if (hasUsual) label(LEFT + 24, USUAL);
    if (isScale) { label(from, `${low}`, "start"); label(width - RIGHT, `${high}${log ? " (log)" : ""}`, "end"); }
    for (const [each, values] of mine) {
      const dot = node("circle", {cx: x(values[key], ((each.id * 0.618) % 1) - 0.5), cy: y(each.macro_f1), r: 4.5, class: each.state === "done" ? "done" : "stopped"});
      dot.addEventListener("pointerenter", () => onChoose(each.id));
      svg.append(dot);
    }
    frame.setAttribute("aria-label", spoken(mine, key));
    frame.replaceChildren(svg);
  }

  choice.addEventListener("change", () => draw(last));
  new ResizeObserver(() => draw(last)).observe(frame);
  return {draw};
}

// What a screen reader says of it: the best of each choice.
function spoken(mine, key) {
  const best = new Map();
  for (const [each, values] of mine) if (each.state === "done") best.set(values[key] ?? USUAL, Math.max(best.get(values[key] ?? USUAL) ?? 0, each.macro_f1));
  const words = [...best].sort((one, other) => other[1] - one[1]).slice(0, 6).map(([value, score]) => `${value} ${score.toFixed(4)}`);
  return `Macro-F1 of the trials by ${key}; the best of each: ${words.join(", ") || "none to its last fold"}`;
}
