// A rule as rows of the table: what it is, its numbers, and below, once it is opened, whom it meets and when it hit.
import {facts} from "./shell.js";
import {chip, element, safeText} from "./text.js";

const count = (n) => n.toLocaleString("en");
const percent = (share) => `${Math.round(100 * share)} %`;
const ADDED = {week: {day: "numeric", month: "short"}, day: {weekday: "short", day: "numeric", month: "short"}, hour: {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"}};

export function rowsOf(rule, state, on, opened) {
  const {worth} = rule;
  const more = element("button", "link name", safeText(rule.name));
  Object.assign(more, {type: "button", disabled: worth === null, onclick: () => on.toggle(rule)});
  more.dataset.what = "more";
  more.setAttribute("aria-expanded", String(opened));
  const pattern = element("code", "pattern", safeText(rule.pattern));
  const words = [rule.withdrawn ? "withdrawn, does not vote" : "", rule.weight === 1 ? "" : `weight ${rule.weight}`, rule.ignore_case ? "" : "letter case matters", worth?.copy_of ? `hits what ${worth.copy_of} hits: one voice` : ""].filter(Boolean);
  const what = element("td", "what", element("div", "head", more, " ", chip(rule.klass, facts)), pattern);
  if (words.length) what.append(element("span", "sub", safeText(words.join(" · "))));
  const row = element("tr", `rule${opened ? " opened" : ""}${rule.withdrawn ? " withdrawn" : ""}`, what, ...(worth ? numbers(rule, state, on) : [unseen()]));
  row.tabIndex = 0;
  row.dataset.rule = rule.name;
  return opened && worth ? [row, detail(rule, state, on)] : [row];
}

function unseen() {
  const cell = element("td", "sub", "not looked at yet");
  cell.colSpan = 5;
  return cell;
}

// A number that opens its messages; one of nothing opens nothing.
function opens(n, words, say, what, act) {
  if (n === 0) return element("span", "none", `0${words}`);
  const button = element("button", "link", element("b", "", count(n)), words);
  Object.assign(button, {type: "button", onclick: act});
  button.dataset.what = what;
  button.setAttribute("aria-label", `${count(n)}${words} ${say}`);
  return button;
}

function numbers(rule, state, on) {
  const {worth, name} = rule;
  const open = (hit, n, words, say) => opens(n, words, say, hit, () => on.open({rule: name, hit}));
  return [
    cell("hits", open("all", worth.hits, worth.hits === 1 ? " hit" : " hits", `of ${name}`), element("span", "sub", `${(100 * worth.share).toFixed(1)} %`), open("alone", worth.alone, " alone", `hits that only ${name} hits`)),
    right(rule, on),
    cell("judged", open("right", worth.right, " right", `rightly hit by ${name}`), open("wrong", worth.wrong, " wrong", `wrongly hit by ${name}`), open("unjudged", worth.unjudged, " by nobody", `hits of ${name} judged by nobody`)),
    cell("meets", open("overlaps", worth.overlaps, " with others", `hits of ${name} that others hit too`), open("conflicts", worth.conflicts, " against it", `hits of ${name} that rules for another class hit too`), ...first(worth)),
    spark(rule, state, on),
  ];
}

function cell(head, ...parts) {
  const made = element("td", head, ...parts);
  return made;
}

function first(worth) {
  const [most] = worth.meets;
  return most ? [element("span", "sub", "most: ", element("bdi", "", safeText(most.rule)))] : [];
}

const TOLD = {
  verdicts: ({verdicts, known}) => `from ${count(verdicts)} judged${known > verdicts ? ` and ${count(known - verdicts)} imported` : ""}`,
  labels: ({known}) => `from ${count(known)} imported, none judged`,
  rules: () => "from how rules meet, none judged",
  nothing: () => "nothing known: as rules usually are",
};

function right({name, worth}, on) {
  const told = element(worth.known ? "button" : "b", worth.known ? "link held" : "held", percent(worth.accuracy));
  if (worth.known) {
    Object.assign(told, {type: "button", onclick: () => on.open({rule: name, hit: "known"})});
    told.dataset.what = "known";
    told.setAttribute("aria-label", `${percent(worth.accuracy)} of the hits of ${name} are held to be right: ${count(worth.known)} of known class`);
  }
  const bar = element("span", "interval"), reach = element("i", ""), at = element("b", "");
  reach.style.left = `${100 * worth.low}%`;
  reach.style.right = `${100 - 100 * worth.high}%`;
  at.style.left = `${100 * worth.accuracy}%`;
  bar.append(reach, at);
  bar.setAttribute("aria-hidden", "true");
  return cell("right", told, element("span", "sub", ` ${Math.round(100 * worth.low)} to ${Math.round(100 * worth.high)}`), bar, element("span", "sub told", TOLD[worth.told_by](worth)));
}

const at = (ms, unit) => new Date(ms).toLocaleString([], ADDED[unit]);

// One stop for the Tab key: the newest bar, or the one last looked at; the arrow keys go along them (rules.js).
function spark(rule, {look}, on) {
  const most = Math.max(1, ...rule.worth.over_time);
  const made = element("span", "spark");
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", `Hits of ${rule.name} by ${look.unit}`);
  rule.worth.over_time.forEach((n, number) => {
    const bar = element(n ? "button" : "i", n ? "" : "none");
    bar.style.height = `${n ? Math.max(8, 100 * n / most) : 3}%`;
    bar.title = `${at(look.starts[number], look.unit)}: ${count(n)}`;
    if (n) Object.assign(bar, {type: "button", tabIndex: -1, onclick: () => on.open({rule: rule.name, since: look.starts[number], until: look.starts[number] + look.length}), onfocus: () => rest(made, bar)});
    bar.dataset.what = `bar ${number}`;
    made.append(bar);
  });
  rest(made, [...made.querySelectorAll("button")].at(-1));
  return cell("time", made);
}

function rest(bars, bar) {
  for (const each of bars.querySelectorAll("button")) each.tabIndex = each === bar ? 0 : -1;
}

function detail(rule, {look}, on) {
  const {worth, name} = rule;
  const meets = element("ul", "", ...worth.meets.map((each) => element("li", "", opens(each.n, "", `messages that ${each.rule} hits too`, `meets ${each.rule}`, () => on.open({rule: name, other: each.rule})), " ", element("bdi", "", safeText(each.rule)), each.against ? element("span", "against", " for another class") : "")));
  const times = element("ul", "times", ...worth.over_time.map((n, number) => element("li", "", opens(n, "", `hits of ${name}, ${at(look.starts[number], look.unit)}`, `time ${number}`, () => on.open({rule: name, since: look.starts[number], until: look.starts[number] + look.length})), " ", element("span", "sub", at(look.starts[number], look.unit)))).reverse());
  const engine = worth.engine === "vectorscan" ? [] : [`Its pattern is matched by the slow engine${worth.timed_out ? `, and the clock stopped it on ${count(worth.timed_out)} messages` : ""}: do without look-around and back-references.`];
  const words = [rule.note, ...engine].filter(Boolean).map((text) => element("p", "", safeText(text)));
  const parts = element("div", "parts", element("section", "", element("h3", "", "Rules that hit the same messages"), worth.meets.length ? meets : element("p", "sub", "No other rule does.")), element("section", "", element("h3", "", `Hits by ${look.unit}`), times));
  const held = element("td", "", ...words, parts);
  held.colSpan = 6;
  const row = element("tr", "detail", held);
  row.dataset.rule = name;
  return row;
}
