// A row of the drawer: a message, and what more there is of it once it is opened.
import {ask} from "./shell.js";
import {chip, element, safeText} from "./text.js";
import {readingText} from "./reading.js";

const EXPLAINED = 4_000; // characters whose words are looked at
const at = (ms) => new Date(ms).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});
const BY = {verdict: "the office", imported: "its source", rule: "a rule"};
let numbers = 0;

export function rowOf(message, behind, facts) {
  const body = element("span", "body");
  body.dir = "auto";
  fill(body, message, []);
  const line = element("div", "line", body, metaOf(message, facts)), opened = element("div", "opened");
  opened.hidden = true;
  opened.id = `opened-${numbers += 1}`;
  for (const [name, value] of [["role", "button"], ["tabindex", "-1"], ["aria-expanded", "false"], ["aria-controls", opened.id]]) line.setAttribute(name, value);
  line.style.setProperty("--tint", facts.colors[message.predicted] || "var(--accent)");
  line.onclick = () => {
    if (String(getSelection())) return; // somebody is marking words
    const open = line.getAttribute("aria-expanded") === "false";
    line.setAttribute("aria-expanded", String(open));
    opened.hidden = !open;
    if (open && !opened.childElementCount) fetchMore(message, behind, body, opened, facts);
  };
  const item = element("li", "", line, opened);
  item.dataset.message = message.message_id;
  return item;
}

function fill(body, message, marks) {
  body.replaceChildren(marks.length ? readingText(message.body, marks) : safeText(message.body));
  const rest = message.length - [...message.body].length;
  if (rest > 0) body.append(element("span", "sub", ` … and ${rest.toLocaleString("en")} characters more`));
}

function metaOf(message, facts) {
  const said = [];
  if (message.truth !== null) said.push(word("is"), chip(message.truth, facts), ...(BY[message.origin] ? [word(`says ${BY[message.origin]}`)] : []));
  if (message.predicted !== null) said.push(word(message.truth === null ? "called" : "· called"), chip(message.predicted, facts), word(`${(100 * message.confidence).toFixed(message.confidence > 0.99 && message.confidence < 1 ? 1 : 0)} % sure`));
  else said.push(word("not judged by the model"));
  if (message.repeat) said.push(word(`repeat ${message.repeat + 1}`));
  if (message.sender) said.push(element("bdi", "", safeText(message.sender)));
  said.push(word(at(message.at)));
  return element("span", "meta", ...said);
}

const word = (text) => element("span", "", text);

async function fetchMore(message, behind, body, place, facts) {
  place.replaceChildren(element("p", "", "Looking…"));
  const text = [...message.body].slice(0, EXPLAINED).join("");
  try {
    const found = await ask("messages/opened", {message_id: message.message_id, run: behind.run == null ? null : Number(behind.run), body: text, predicted: message.predicted});
    if (found.marks.length) fill(body, message, found.marks);
    place.replaceChildren(...moved(found, message), ...verdictsOf(found, facts), ...labelsOf(found, facts));
  } catch (error) {
    place.replaceChildren(element("p", "bad", `Nothing more can be shown: ${error.message}. ${error.fix ?? ""}`));
  }
}

function moved(found, message) {
  if (found.marks.length) return [element("p", "", `Underlined: what moved the model, in colour towards ${message.predicted}, grey away from it.`)];
  if (message.predicted === null) return [];
  return [element("p", "", found.explains ? "No single word moved the model, or it is no longer kept." : "The explainer is still starting: open this again in a moment.")];
}

function verdictsOf(found, facts) {
  if (found.hidden) return [element("p", "", "What others said stays hidden: you may still be asked about this one.")];
  if (!found.verdicts.length) return [element("p", "", "Nobody has judged it.")];
  return [part("Verdicts", found.verdicts.map((each) => {
    const what = each.klass === null ? "cannot tell" : chip(each.klass, facts);
    const more = [each.second ? `or ${each.second}` : "", each.blind ? "judged blind" : "", each.simulated ? "simulated" : "", at(each.at)];
    return element("li", "", each.person === null ? "" : element("b", "", safeText(each.person)), what, ...more.filter(Boolean).map((words) => element("span", "", safeText(words))));
  }))];
}

function labelsOf(found, facts) {
  if (!found.labels.length) return [];
  return [part("Labels", found.labels.map((each) => element("li", "", each.klass === null ? "withdrawn" : chip(each.klass, facts), element("span", "", BY[each.origin] ?? each.origin), each.by ? element("span", "", safeText(each.by)) : "", at(each.at))))];
}

const part = (title, rows) => element("section", "", element("h3", "", title), element("ul", "", ...rows));
