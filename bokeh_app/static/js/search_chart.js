// The trials of the newest search as dots over time, and the best so far as a line; keys go from one to the next.
const SVG = "http://www.w3.org/2000/svg";
const LEFT = 44, RIGHT = 10, TOP = 8, BOTTOM = 22;
const SPAN_MOST = 0.12; // hopeless trials lie on the floor: they would press all others together

export const node = (tag, attributes, text) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
};

// Seconds as a person says them.
export const span = (seconds) => seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${(seconds / 60).toFixed(seconds < 600 ? 1 : 0).replace(/\.0$/, "")} min` : `${(seconds / 3600).toFixed(1)} h`;

// Where a macro-F1 lies between two heights; what lies far below the best lies on the floor.
export function scaleOf(trials, earlier, {top: high, bottom}) {
  const values = [...trials.map((each) => each.macro_f1), ...earlier];
  const whole = [...trials.filter((each) => each.state === "done").map((each) => each.macro_f1), ...earlier];
  const top = Math.max(...(whole.length ? whole : values), 0.01); // a lucky first fold is no mark to beat
  const low = Math.max(Math.min(...values, top), top - SPAN_MOST), room = Math.max(0.004, (top - low) * 0.08);
  const y = (value) => high + (bottom - high) * (1 - (Math.min(top, Math.max(value, low)) - low + room) / (top - low + 2 * room));
  return {y, low, top, ticks: [low, (low + top) / 2, top]};
}

const STEPS = [30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800]; // seconds

// While it runs the axis grows in steps: on that of a long budget the first trials would be one heap.
function asFarAs(search, now) {
  const elapsed = Math.max(0, now - search.started_at) / 1000, step = STEPS.find((each) => each > 1.1 * elapsed) ?? Infinity;
  return Math.min(search.ends_at, search.started_at + 1000 * step);
}

export function beginChart(frame, onChoose) {
  let dots = [], chosen = null, last = null;

  function draw(search, trials, now) {
    last = [search, trials, now];
    const width = frame.clientWidth, height = frame.clientHeight;
    if (!width || !height) return;
    const mine = trials.filter((each) => each.search === search.id && each.macro_f1 !== null).sort((a, b) => a.at - b.at);
    const earlier = trials.filter((each) => each.search !== search.id && each.state === "done").map((each) => each.macro_f1);
    const {y, low, top} = scaleOf(mine, earlier, {top: TOP, bottom: height - BOTTOM});
    const end = Math.max(search.finished_at ?? asFarAs(search, now), ...mine.map((each) => each.at)) - search.started_at;
    const x = (at) => LEFT + (width - LEFT - RIGHT) * Math.min(1, Math.max(0, (at - search.started_at) / Math.max(1, end)));
    const svg = node("svg", {"aria-hidden": "true"});
    for (const share of [0, 0.5, 1]) {
      const value = low + share * (top - low);
      svg.append(node("line", {class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value)}), node("text", {x: LEFT - 6, y: y(value) + 4, "text-anchor": "end"}, value.toFixed(3)));
      svg.append(node("text", {x: x(search.started_at + share * end), y: height - 5, "text-anchor": ["start", "middle", "end"][2 * share]}, span(share * end / 1000)));
    }
    if (search.state === "running") svg.append(node("line", {class: "now", x1: x(now), x2: x(now), y1: TOP, y2: height - BOTTOM}));
    let best = Math.max(...earlier, -1), path = best < 0 ? "" : `M${LEFT} ${y(best)}`;
    for (const each of mine.filter((one) => one.state === "done")) {
      if (each.macro_f1 <= best) continue;
      path += path ? `H${x(each.at)}V${y(each.macro_f1)}` : `M${x(each.at)} ${y(each.macro_f1)}`;
      best = each.macro_f1;
    }
    if (path) svg.append(node("path", {class: "best", d: `${path}H${search.state === "running" ? x(now) : width - RIGHT}`}));
    dots = mine.filter((each) => each.state !== "running");
    for (const each of dots) {
      const dot = node("circle", {cx: x(each.at), cy: y(each.macro_f1), r: 5, class: `${each.state === "done" ? "done" : "stopped"}${each.warm ? " warm" : ""}${each.id === chosen ? " chosen" : ""}`});
      dot.addEventListener("pointerenter", () => choose(each.id));
      svg.append(dot);
    }
    frame.replaceChildren(svg);
  }

  function choose(id) {
    if (id === chosen) return;
    chosen = id;
    if (last) draw(...last);
    onChoose(id);
  }

  frame.addEventListener("keydown", (event) => {
    const at = dots.findIndex((each) => each.id === chosen), end = dots.length - 1;
    const to = {ArrowLeft: at < 0 ? end : Math.max(0, at - 1), ArrowRight: Math.min(end, at + 1), Home: 0, End: end}[event.key];
    if (to === undefined || end < 0) return;
    event.preventDefault();
    choose(dots[to].id);
  });
  new ResizeObserver(() => { if (last) draw(...last); }).observe(frame);
  return {draw};
}
