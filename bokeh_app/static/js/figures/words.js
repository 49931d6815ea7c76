// Drift of the words: asked for when the feed says that there are other messages, once a minute at the most; a word
// opens the messages that it is in.
import {gathered} from "../gathered.js";
import {ask} from "../shell.js";
import {element, safeText} from "../text.js";

const EVERY_MS = 60_000; // so long the server keeps an answer
const get = (id) => document.getElementById(id);
const percent = (share) => (share < 0.001 && share > 0 ? "<0.1 %" : `${(100 * share).toFixed(1)} %`);

export function begin({state, view, open}) {
  let asked = 0, shown = null, of = null;

  function word(each, kind, facts) {
    const made = element("button", `word ${kind}`, element("b", "", safeText(each.word)), element("small", "", `${percent(each.before)} → ${percent(each.now)}`));
    made.type = "button";
    made.setAttribute("aria-label", `${each.word}: in ${percent(each.before)} of the messages before, in ${percent(each.now)} of the newest; open them`);
    made.onclick = () => { if (facts.run !== null) open({run: facts.run, against: "predictions", q: each.word, ...(view.slice ? {slice: view.slice} : {}), model: facts.model}); };
    return element("li", "", made);
  }

  function none(words) { return element("li", "sub", words); }

  function draw(facts) {
    const {found} = facts;
    const card = get("words-title").closest("section");
    card.setAttribute("aria-busy", "false");
    card.querySelector(".word-lists").hidden = !found;
    get("words-note").dataset.state = found?.moved && found.risen.length + found.gone.length ? "moved" : "calm";
    if (!found) get("words-note").textContent = `Too few messages to tell (${facts.new} new, ${facts.old} before).`;
    else if (!found.moved) get("words-note").textContent = "Calm: the newest messages use the words that the ones before used.";
    else if (!found.risen.length && !found.gone.length) get("words-note").textContent = "A little different, but no single word explains it.";
    else get("words-note").textContent = `Moved: ${[found.risen.length && `${found.risen.length} words came up`, found.gone.length && `${found.gone.length} went`].filter(Boolean).join(", ")}, beyond chance.`;
    get("words-risen").replaceChildren(...(found?.risen.length ? found.risen.map((each) => word(each, "risen", facts)) : [none("no word did")]));
    get("words-gone").replaceChildren(...(found?.gone.length ? found.gone.map((each) => word(each, "gone", facts)) : [none("no word did")]));
    get("words-numbers").textContent = found ? `${facts.new.toLocaleString("en")} newest against ${facts.old.toLocaleString("en")} before · distance ${found.distance.toFixed(3)}, chance gives up to ${found.chance.toFixed(3)}` : "";
  }

  async function look() {
    const ticket = ++asked;
    shown = view.slice;
    try {
      const facts = await ask(`drift/words.json?${new URLSearchParams({slice: view.slice})}`);
      if (ticket !== asked) return;
      of = facts.of;
      draw(facts);
      follow(); // it may have been kept from before
    } catch (error) {
      if (ticket !== asked) return;
      get("words-note").textContent = `The words cannot be looked at now: ${error.message}.`;
      moved(); // in a room where nothing moves, nobody else would say it
    }
  }

  const moved = gathered(EVERY_MS, look);
  function follow() { if (String(state.words["words-of"] ?? of) !== String(of)) moved(); }

  moved();
  return {draw: follow, onView() { if (view.slice !== shown) look(); }};
}
