// What stands beside the message: queue, day, guide, a break that may do good, what one's verdicts changed.
import {facts} from "./shell.js";
import {bodyOf, chip, element, safeText} from "./text.js";
import {call} from "./outbox.js";

const REST_MS = 30 * 60_000; // a suggestion waved off does not come back before
const get = (id) => document.getElementById(id);
let restUntil = 0;

export function showPanel(panel, emptyWords) {
  const queue = panel.queues[0];
  get("queue-count").textContent = queue ? `${queue.done.toLocaleString("en")} of ${queue.total.toLocaleString("en")}` : "none open";
  get("queue-bar").style.width = queue && queue.total ? `${100 * queue.done / queue.total}%` : "0";
  const blind = queue && queue.blind_share > 0 ? ` One in ${Math.max(1, Math.round(1 / queue.blind_share))} comes blind, its prediction hidden until you judge: so the office sees how far the prediction sways it.` : "";
  get("queue-words").textContent = queue ? queue.sentence + blind : emptyWords;
  const {verdicts, seconds, compared, agreed} = panel.day;
  const pace = seconds === null ? "" : ` · ${seconds.toFixed(1)} s each`;
  const agrees = panel.queues[0]?.overlap > 1 && compared ? `\nagrees with the office ${Math.round(100 * agreed / compared)} %` : "";
  get("day-words").textContent = `${verdicts} verdict${verdicts === 1 ? "" : "s"}${pace}${agrees}`;
  if (get("guide").dataset.text !== panel.guide) showGuide(panel.guide);
  showBreak(panel.break ?? null);
}

function showBreak(sentence) {
  const shown = sentence !== null && Date.now() > restUntil;
  get("break").hidden = !shown;
  if (shown && get("break-words").textContent !== sentence) get("break-words").textContent = sentence;
}

get("break-later").onclick = () => { restUntil = Date.now() + REST_MS; showBreak(null); get("message").focus({preventScroll: true}); };

// The guide is Markdown of the room's own: headings, paragraphs, lists, bold and emphasis are shown, all else stays text.
function showGuide(text) {
  get("guide").dataset.text = text;
  get("guide").replaceChildren();
  for (const part of text.replace(/^(#+ .*)$/gm, "\n\n$1\n\n").split(/\n\s*\n/).map((each) => each.trim()).filter(Boolean)) {
    const items = part.split(/^[-*] +/m);
    if (items.length > 1 && !items[0]) get("guide").append(element("ul", "", ...items.slice(1).map((item) => inline("li", item))));
    else get("guide").append(part.startsWith("#") ? inline("h3", part.replace(/^#+\s*/, "")) : inline("p", part));
  }
}

function inline(tag, text) {
  const made = element(tag, "");
  for (const piece of text.split(/(\*\*[^*]+\*\*|\*[^*]+\*)/)) {
    if (/^\*\*.+\*\*$/s.test(piece)) made.append(element("b", "", safeText(piece.slice(2, -2))));
    else if (/^\*.+\*$/s.test(piece)) made.append(element("em", "", safeText(piece.slice(1, -1))));
    else safeText(piece, made);
  }
  return made;
}

// What the last retraining made of the person's verdicts, where the desk tells it.
export async function loadChanged() {
  const changed = await call("desk/changed.json").catch(() => null);
  get("changed").hidden = !changed?.mended;
  if (!changed?.mended) return;
  const worse = changed.broken ? `, and ${changed.broken} the other way round` : "";
  get("changed-words").textContent = `${changed.mended} of the ${changed.judged} messages that taught it something from you: ${changed.former} had them wrong, ${changed.present} has them right${worse}.`;
  get("changed-rows").replaceChildren(...changed.examples.slice(0, 5).map((each) => element("li", "", bodyOf(each.body), chip(each.klass, facts))));
}
