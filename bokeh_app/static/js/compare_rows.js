// The messages on which two models disagree, with what the office says of them.
import {ask, facts} from "./shell.js";
import {bodyOf, chip, element} from "./text.js";
import {several} from "./compare_pair.js";

const PAGE = 50;
const get = (id) => document.getElementById(id);
const sure = (confidence) => confidence.toFixed(2).replace(/^0/, "");

export class Apart {
  constructor() {
    this.forget();
    get("more").addEventListener("click", () => { this.pages += 1; this.key = ""; this.show(this.view); });
  }

  forget() {
    this.pages = 1;
    this.key = "";
    this.asked = (this.asked ?? 0) + 1;
  }

  // Read anew where a verdict came, a message was handed out, or another pair was chosen.
  async show(view) {
    this.view = view;
    const {comparison, first, second} = view;
    const settle = comparison?.settle;
    get("apart-sub").textContent = settle ? `${several(settle.disagree, "message")}, ${settle.verdicts.toLocaleString()} judged blind by the office, in random order so that the evidence holds whenever you look` : "in the order of their arrival; the office was not asked yet";
    const key = JSON.stringify([view.id, first, second, settle?.verdicts, settle?.waiting, settle ? Math.floor(Date.now() / 10_000) : 0]);
    if (key === this.key || !view.pair) return;
    const ticket = this.asked, rows = [];
    let more = true;
    for (let page = 0; page < this.pages && more; page += 1) {
      const after = rows.length ? rows.at(-1).place + 1 : 0;
      const query = new URLSearchParams(settle ? {comparison: view.id, after} : {first, second, after});
      const {messages} = await ask(`compare/apart.json?${query}`);
      rows.push(...messages);
      more = messages.length === PAGE;
    }
    if (ticket !== this.asked) return;
    this.key = key;
    get("more").hidden = !more;
    get("apart").replaceChildren(...(rows.length ? rows.map((each) => row(each, Boolean(settle))) : [element("li", "sub", "They agree on every message that both can be held against.")]));
  }
}

function row(each, wasAsked) {
  const said = (letter, klass, confidence) => element("span", "says", element("span", "letter", letter), chip(klass, facts), ` ${sure(confidence)}`);
  const {held, words, right} = office(each, wasAsked);
  const verdict = element("span", "office sub", ...(held ? [chip(held, facts), ` ${words}`] : [words]));
  return element("li", "", bodyOf(each.body), said("A", each.first, each.first_confidence), said("B", each.second, each.second_confidence), verdict, element("span", `right ${right[0]?.toLowerCase() ?? ""}`, right));
}

// Of a tie nobody is right.
function office({office: klass, share, verdicts, first, second, held}, wasAsked) {
  if (!verdicts) return {held: null, words: held ? "being asked" : wasAsked ? "not asked yet" : "", right: ""};
  if (klass === null) return {held: null, words: "at odds", right: "neither"};
  return {held: klass, words: `${Math.round(share * verdicts)} of ${verdicts}`, right: klass === first ? "A right" : klass === second ? "B right" : "neither"};
}
