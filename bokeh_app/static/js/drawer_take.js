// What a lead makes of the messages in the drawer: a queue, a rule, a file. The server looks again at who asks.
import {ask, route} from "./shell.js";
import {element} from "./text.js";
import {queryOf} from "./behind.js";

const TRY_MS = 400; // after the last letter of a pattern
let count = 0;

export function takeOf() {
  const panel = element("section", "take"), foot = element("footer", "");
  panel.id = "drawer-take";
  panel.hidden = foot.hidden = true;
  let what = null, shown = "";
  const buttons = {queue: button("Make a queue"), rule: button("Draft a rule")};
  const files = Object.fromEntries(["csv", "jsonl"].map((form) => [form, element("a", "btn", form === "csv" ? "CSV" : "JSONL")]));
  for (const [form, link] of Object.entries(files)) {
    link.download = `messages.${form}`;
    link.href = "#"; // what is shown when it is pressed
    link.addEventListener("click", () => { link.href = `${route("messages/export")}?${queryOf(what.now())}&format=${form}`; });
    link.setAttribute("aria-label", `Export these messages as ${link.textContent}`);
  }
  foot.append(buttons.queue, buttons.rule, files.csv, files.jsonl);
  for (const [name, each] of Object.entries(buttons)) each.onclick = () => toggle(name);
  const marked = {text: ""};
  document.addEventListener("selectionchange", () => { if (panel.hidden && String(getSelection()).trim()) marked.text = String(getSelection()).trim(); });

  function hidden(hide) {
    if (hide === undefined) return panel.hidden;
    if (hide && panel.contains(document.activeElement)) buttons[shown]?.focus();
    panel.hidden = hide;
    if (hide) shown = "";
    for (const [name, each] of Object.entries(buttons)) each.setAttribute("aria-expanded", String(name === shown));
    return hide;
  }

  function toggle(name) {
    if (shown === name) { hidden(true); return; }
    shown = name;
    panel.replaceChildren(name === "queue" ? queueForm(what) : ruleForm(what, marked.text));
    marked.text = "";
    hidden(false);
    panel.querySelector("input, textarea").focus();
  }

  function offer(given) {
    what = given;
    foot.hidden = given === null;
  }
  return {panel, foot, hidden, offer};
}

function button(words) {
  const made = element("button", "btn", words);
  made.type = "button";
  made.setAttribute("aria-expanded", "false");
  made.setAttribute("aria-controls", "drawer-take");
  return made;
}

function labelled(words, field, className = "") {
  field.id = `take-${count += 1}`;
  const label = element("label", className, ...(className ? [field, words] : [words, field]));
  label.htmlFor = field.id;
  return label;
}

// `now` tells which messages are shown: another search may be under way.
function queueForm({now, title, most}) {
  const {q} = now();
  const name = element("input", ""), overlap = element("select", ""), send = element("button", "btn", "Make it"), result = element("p", "result");
  const stamp = new Date().toLocaleString([], {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});
  Object.assign(name, {value: `${title}${q ? `: ${q}` : ""} (${stamp})`.slice(0, 200), maxLength: 200, required: true});
  overlap.append(...[1, 2, 3].map((n) => Object.assign(element("option", "", n === 1 ? "one person" : `${n} people`), {value: n})));
  send.type = "submit";
  result.setAttribute("role", "status");
  const form = element("form", "take-queue", labelled("Name of the queue", name), labelled("Each message is judged by", overlap), element("p", "sub result", `In the order shown, at most ${most.toLocaleString("en")} messages.`), element("div", "row", send), result);
  form.onsubmit = async (event) => {
    event.preventDefault();
    send.disabled = true;
    result.className = "result";
    result.textContent = "Making it…";
    try {
      const made = await ask("messages/queue", {behind: String(queryOf(now())), name: name.value.trim(), overlap: Number(overlap.value)});
      const link = element("a", "", "Queues");
      link.href = "?page=queues";
      result.replaceChildren(`${made.messages.toLocaleString("en")} messages wait in it${made.more ? ", as many as one may hold or could be looked through; there are more" : ""}. See `, link, ".");
    } catch (error) {
      result.className = "result bad";
      result.textContent = `It was not made: ${error.message}. ${error.fix ?? ""}`;
      send.disabled = false;
    }
  };
  return form;
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// The words of a search, or marked ones, as a pattern to begin with.
export function patternOf(marked, q) {
  if (marked) return literal(marked.slice(0, 300)).replace(/\s+/g, "\\s+");
  return [...(q ?? "").matchAll(/"([^"]*)"|([^\s"]+)/g)].map(([, quoted, bare]) => {
    const words = quoted ?? bare, begins = !quoted && words.endsWith("*");
    const plain = literal(begins ? words.slice(0, -1) : words).replace(/\s+/g, "\\s+");
    const ascii = /^\w.*\w$|^\w$/.test(words.replace(/\*$/, ""));
    return ascii ? `\\b${plain}${begins ? "" : "\\b"}` : plain;
  }).join(".*");
}

function ruleForm({now, facts}, marked) {
  const behind = now();
  const name = element("input", ""), klass = element("select", ""), pattern = element("textarea", ""), either = element("input", "");
  Object.assign(name, {value: "draft", maxLength: 100});
  klass.append(...facts.classes.map((each) => Object.assign(element("option", "", each), {value: each})));
  klass.value = behind.truth ?? behind.predicted ?? facts.classes[0];
  Object.assign(pattern, {value: patternOf(marked, behind.q), rows: 2, spellcheck: false, maxLength: 1_000});
  Object.assign(either, {type: "checkbox", checked: true});
  const result = element("p", "result", "Type a pattern: what it hits is counted at once."), yaml = element("pre", ""), copy = button("Copy"), save = element("a", "btn", "Download");
  result.setAttribute("role", "status");
  const row = element("div", "row", copy, save, element("span", "sub", "It goes below “rules:” in rules.yaml."));
  yaml.hidden = row.hidden = true;
  let ticket = 0, waits = null;

  async function tryIt() {
    const mine = ticket += 1;
    if (!pattern.value || !name.value.trim()) { yaml.hidden = row.hidden = true; return; }
    try {
      const found = await ask("messages/rule", {name: name.value.trim(), class: klass.value, pattern: pattern.value, ignore_case: either.checked});
      if (mine !== ticket) return;
      result.className = "result";
      result.textContent = wordsOf(found);
      yaml.textContent = found.yaml;
      save.href = `data:application/yaml;charset=utf-8,${encodeURIComponent(found.yaml)}`;
      yaml.hidden = row.hidden = false;
    } catch (error) {
      if (mine !== ticket) return;
      result.className = "result bad";
      result.textContent = `${error.message}. ${error.fix ?? ""}`;
      yaml.hidden = row.hidden = true;
    }
  }
  save.download = "rule.yaml";
  copy.removeAttribute("aria-expanded");
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(yaml.textContent);
      copy.textContent = "Copied";
    } catch { // there is none over plain HTTP: then it is marked, to be copied by hand
      getSelection().selectAllChildren(yaml);
    }
    setTimeout(() => { copy.textContent = "Copy"; }, 1_500);
  };
  const form = element("form", "take-rule", element("div", "pair", labelled("Name", name), labelled("Votes for", klass)), labelled("Pattern", pattern), labelled("Capital or small letters alike", either, "check"), result, yaml, row);
  form.onsubmit = (event) => event.preventDefault();
  form.oninput = () => { clearTimeout(waits); waits = setTimeout(tryIt, TRY_MS); };
  if (pattern.value) tryIt();
  return form;
}

function wordsOf(found) {
  const n = (value) => value.toLocaleString("en");
  const share = found.messages ? ` (${(100 * found.hits / found.messages).toFixed(1)} %)` : "";
  const judged = !found.hits ? "" : found.judged ? ` Of ${n(found.judged)} judged ones it is right on ${n(found.right)}: precision ${(100 * found.precision).toFixed(1)} %.` : " None of them is judged yet.";
  return `Hits ${n(found.hits)} of the newest ${n(found.messages)} messages${share}${found.stopped ? ", where time was up" : ""}.${judged}`;
}
