// Open alarms on the live page: what is amiss, since when, and a button that says "I have seen it". That one is over is
// seen by its going, and said to who listens.
import {ask, facts, warn} from "./shell.js";
import {element, safeText} from "./text.js";

const MAY_SEE = new Set(["reviewer", "lead", "admin"]); // the server looks again at who asks
const get = (id) => document.getElementById(id);
const when = (ms) => new Date(ms).toLocaleString([], {dateStyle: "medium", timeStyle: "short"});

let known = new Map(); // the titles that were drawn last, by number

// `open` opens the messages that a description names.
export function drawAlarms(rows, open) {
  const place = get("alarm-rows");
  if (!place) return;
  const focused = document.activeElement?.dataset?.alarm;
  place.replaceChildren(...[...rows].map(([id, row]) => alarm(id, row, open)));
  get("alarms").hidden = rows.size === 0;
  const came = [...rows].find(([id]) => !known.has(id)), gone = [...known].find(([id]) => !rows.has(id));
  if (came) get("alarms-said").textContent = `Alarm: ${came[1].title}`;
  else if (gone) get("alarms-said").textContent = `Over: ${gone[1]}`;
  known = new Map([...rows].map(([id, row]) => [id, row.title]));
  if (focused) (place.querySelector(`[data-alarm="${CSS.escape(focused)}"]`) ?? get("main")).focus?.();
}

function alarm(id, row, open) {
  const words = element("span", "what", safeText(row.title));
  const seen = row.by ? element("span", "", " · ", safeText(row.by), " has seen it") : "";
  const over = row.over ? " · its cause is gone" : "";
  const note = element("span", "sub", `since ${when(row.at)}`, over, seen);
  const item = element("li", row.by ? "seen" : "", element("div", "", words, note));
  if (row.behind || row.messages) {
    const look = element("button", "btn", "Show the messages");
    look.type = "button";
    look.setAttribute("aria-label", `Show the messages behind ${row.title}`);
    look.onclick = () => open(row.behind ?? {alarm: Number(id)});
    item.append(look);
  }
  if (row.messages && ["lead", "admin"].includes(facts.person.role)) {
    const link = element("a", "btn", "Ask the office");
    link.href = "?page=queues";
    link.setAttribute("aria-label", `Make a queue of ${row.title}`);
    item.append(link);
  }
  if (!row.by && MAY_SEE.has(facts.person.role)) item.append(button(id, row));
  return item;
}

function button(id, row) {
  const made = element("button", "btn", "I have seen it");
  made.type = "button";
  made.dataset.alarm = id;
  made.setAttribute("aria-label", `I have seen it: ${row.title}`);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await ask("alarms/acknowledge", {alarm_id: Number(id)}); // the feed brings what came of it
    } catch (error) {
      made.disabled = false;
      warn(`This was not taken (${error.message}). ${error.fix ?? ""}`);
    }
  });
  return made;
}
