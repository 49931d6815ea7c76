// The messages on which two models disagree: all, with what the office says of them; or those behind what is selected.
import {ask, facts} from "./shell.js";
import {bodyOf, chip, element} from "./text.js";
import {several} from "./compare_pair.js";
import {filters} from "./compare_address.js";
import {readingOf} from "./why.js";

const get = (id) => document.getElementById(id);
const sure = (confidence) => confidence.toFixed(2).replace(/^0/, "");

export class Apart {
  constructor(view) {
    this.view = view;
    this.points = () => null;
    this.forget();
    get("more").addEventListener("click", () => { this.pages += 1; this.key = ""; this.show(); });
  }

  onPoint(does) { this.points = does; }

  forget() {
    this.pages = 1;
    this.key = "";
    this.asked = (this.asked ?? 0) + 1;
  }

  // Read anew where a verdict came, or another part was chosen.
  async show() {
    const {pair, comparison, id, first, second, part} = this.view;
    if (!pair) return;
    const settle = comparison?.settle, filtered = filters(part);
    get("apart-held").textContent = filtered ? "label" : "office";
    get("apart-sub").textContent = filtered ? "labelled messages, as each called them without having learnt from them"
      : settle ? `${several(settle.disagree, "message")}, ${settle.verdicts.toLocaleString()} judged blind by the office, in random order so that the evidence holds whenever you look`
        : "in the order of their arrival; the office was not asked yet";
    const key = JSON.stringify([id, first, second, part.truth, part.predicted, part.kind, filtered || [settle?.verdicts, settle?.waiting, settle?.queued]]);
    if (key === this.key) return;
    this.key = key;
    const ticket = ++this.asked, rows = [];
    let after = 0;
    try {
      for (let page = 0; page < this.pages && after !== null; page += 1) {
        const where = settle && !filtered ? {comparison: id} : {first, second};
        const {truth, predicted, kind} = part;
        const asked = Object.entries({...where, after, truth, predicted, kind}).filter(([, value]) => value !== undefined);
        const found = await ask(`compare/apart.json?${new URLSearchParams(asked)}`);
        if (ticket !== this.asked) return;
        rows.push(...found.messages);
        after = found.after;
      }
    } catch (error) {
      if (ticket === this.asked) this.key = "";
      throw error;
    }
    get("more").hidden = after === null;
    const nothing = filtered ? "On no such message do they say different things." : "They agree on every message that both can be held against.";
    get("apart").replaceChildren(...(rows.length ? rows.map((each) => this.row(each, {filtered, asked: Boolean(settle)})) : [element("li", "sub", nothing)]));
  }

  row(each, how) {
    const said = (letter, klass, confidence) => element("span", "says", element("span", "letter", letter), chip(klass, facts), ` ${sure(confidence)}`);
    const {held, words, right} = how.filtered ? labelled(each) : office(each, how.asked);
    const verdict = element("span", "office sub", ...(held ? [chip(held, facts), ` ${words}`] : [words]));
    const point = element("button", "point", "☞");
    point.type = "button";
    point.title = "Show this message to all";
    point.setAttribute("aria-label", "Select this message");
    point.addEventListener("click", () => this.points(this.view.part.message === each.message_id ? undefined : each.message_id));
    const opened = element("div", "opened"), reader = this.reader(each, opened);
    const made = element("li", "", reader, said("A", each.first, each.first_confidence), said("B", each.second, each.second_confidence), verdict, element("span", `right ${right[0]?.toLowerCase() ?? ""}`, right), point, opened);
    made.dataset.part = JSON.stringify({message: each.message_id});
    return made;
  }

  // Its text opens what moved the two, where they are linear.
  reader(each, opened) {
    const {first, second, pair} = this.view, made = element("button", "reader", bodyOf(each.body));
    made.type = "button";
    made.title = "What moved the two models";
    opened.hidden = true;
    made.setAttribute("aria-expanded", "false");
    made.addEventListener("click", async () => {
      if (String(getSelection())) return; // somebody is marking words
      opened.hidden = !opened.hidden;
      made.setAttribute("aria-expanded", String(!opened.hidden));
      if (opened.hidden) return;
      opened.replaceChildren(element("p", "sub", "Looking…"));
      opened.replaceChildren(...await Promise.all([readingOf(each, `A, ${pair.first}:`, first, each.first, facts), readingOf(each, `B, ${pair.second}:`, second, each.second, facts)]));
    });
    return made;
  }
}

function labelled({truth, first, second}) {
  return {held: truth, words: "", right: truth === first ? "A right" : truth === second ? "B right" : "neither"};
}

// Of a tie nobody is right.
function office({office: klass, share, verdicts, first, second, held}, wasAsked) {
  if (!verdicts) return {held: null, words: held ? "being asked" : wasAsked ? "not asked yet" : "", right: ""};
  if (klass === null) return {held: null, words: "at odds", right: "neither"};
  return {held: klass, words: `${Math.round(share * verdicts)} of ${verdicts}`, right: klass === first ? "A right" : klass === second ? "B right" : "neither"};
}
