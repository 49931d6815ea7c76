// What the person should know about their verdicts: saved, on their way, refused; whether the desk can be reached.
import {say, warn} from "./shell.js";
import {element} from "./text.js";

const get = (id) => document.getElementById(id);
const are = (n, noun) => `${n} ${noun}${n === 1 ? " is" : "s are"}`;
const kept = (n) => (n ? `${are(n, "verdict")} kept in this browser and sent when it is back.` : "What you judge is kept in this browser.");

export function showStatus({outbox, hand, deskAway, signedOut}) {
  const unsent = outbox.waiting.length, refused = outbox.refused.length;
  warn(warning());
  if (unsent) say(outbox.offline ? "away" : "busy", `${unsent} not yet saved`);
  else if (refused) say("busy", `${refused} not taken`);
  else if (outbox.offline || deskAway) say("away", "no connection");
  else say("live", outbox.taken ? "saved" : "ready");
  showRefused(outbox);

  function warning() {
    if (signedOut || outbox.trouble?.status === 401) return "Your session has ended, or your role has changed. Load this page again; where that shows the door, come in by a new link ('tallyroom link' prints one): what you judged is kept here and sent then.";
    if (outbox.trouble?.status >= 500) return `The desk cannot save at the moment: ${outbox.trouble.message}. ${are(unsent, "verdict")} kept in this browser and sent when it can.`;
    if (outbox.offline || deskAway) return `No connection. ${goOn(hand)} ${kept(unsent)}`;
    if (unsent && !outbox.keeps) return "This browser keeps nothing over a reload: stay on this page until it says 'saved'.";
    return "";
  }
}

function goOn(hand) {
  const n = hand.ready.length;
  if (!n) return "You hold no more messages.";
  const them = n === 1 ? "You can go on with 1 message that you hold" : `You can go on with ${n} messages that you hold`;
  if (!hand.until) return `${them}.`;
  const time = new Date(hand.until).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"});
  return Date.now() < hand.until ? `${them}, yours until ${time}; later verdicts count as well.` : `${them}; they were yours until ${time}, and late verdicts count as well.`;
}

// What the store would not have stays here, over a reload too, until the person has decided.
function showRefused(outbox) {
  const entry = outbox.refused.at(-1);
  get("refused").hidden = !entry;
  if (!entry || get("refused").dataset.place === `${entry.place} ${outbox.refused.length}`) return;
  get("refused").dataset.place = `${entry.place} ${outbox.refused.length}`;
  const again = element("button", "btn", "Send again"), drop = element("button", "btn", "Let it go");
  again.type = drop.type = "button";
  again.onclick = () => outbox.sendAgain(entry);
  drop.onclick = () => outbox.letGo(entry);
  const more = outbox.refused.length > 1 ? ` (and ${outbox.refused.length - 1} before it)` : "";
  get("refused").replaceChildren(`Not taken (${entry.verdict.klass ?? entry.verdict.kind})${more}: ${entry.why}. ${entry.fix} `, again, drop);
}

export function emptyWords(panel) {
  if (!panel) return "One moment.";
  if (panel.queues.length === 0) return "No queue is open yet. The pipeline opens one as soon as it has a champion: 'tallyroom run'.";
  const held = panel.queues.reduce((sum, queue) => sum + queue.held, 0);
  const back = Math.min(...panel.queues.map((queue) => queue.back_in_seconds ?? Infinity));
  if (held && Number.isFinite(back)) return `Nothing is free this moment: ${held} ${held === 1 ? "message is" : "messages are"} in colleagues' hands, the first comes back in ${duration(back)} at the latest.`;
  const open = panel.queues.reduce((sum, queue) => sum + queue.total - queue.done, 0);
  if (open) return `Nothing is left for you: ${open === 1 ? "1 message waits" : `${open} messages wait`} for other reviewers. New ones come up here by themselves.`;
  return "All judged. New messages come up here by themselves.";
}

const duration = (seconds) => (seconds < 90 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`);
