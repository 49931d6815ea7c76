// The queues as bars; for leads also who is at a desk, by name: asked for beside the feed, which all see alike, when
// that says that something here moved.
import {gathered} from "../gathered.js";
import {ask} from "../shell.js";
import {element, safeText} from "../text.js";

const EVERY_MS = 10_000;
const get = (id) => document.getElementById(id);
const number = (n) => n.toLocaleString("en");

function ends(row) {
  if (row.paused) return "paused";
  if (row.left === 0) return "done";
  if (row.done_at === null) return row.pace ? `${number(Math.round(row.pace))} an hour` : "nobody is at it";
  const at = new Date(row.done_at), soon = row.done_at - Date.now() < 86_400_000;
  const when = at.toLocaleString([], soon ? {hour: "2-digit", minute: "2-digit"} : {weekday: "short", day: "numeric", month: "short"});
  return `${number(Math.round(row.pace))} an hour, done ${soon ? "at" : "on"} ${when}${row.in_time === false ? ", too late" : ""}`;
}

function line(row) {
  const progress = element("div", "progress", element("i", ""));
  progress.firstChild.style.width = `${row.total ? Math.min(100, 100 * row.done / row.total) : 0}%`;
  progress.setAttribute("aria-hidden", "true");
  return element("div", "queue-line", element("b", "", safeText(row.name)), element("span", "", `${number(row.done)} of ${number(row.total)}${row.held ? `, ${number(row.held)} in hand` : ""}`), progress, element("span", "", ends(row)));
}

function person(each) {
  const name = element("span", "", safeText(each.name));
  if (each.simulated) name.append(" ", element("span", "simulated", "simulated"));
  return element("li", "", name, element("span", "", `${each.role} · ${number(each.verdicts)} in the last hour`));
}

export function begin({state, facts}) {
  const sees = ["lead", "admin"].includes(facts.person.role); // the server looks again at who asks

  async function look() {
    const found = await ask("at-desk.json").catch(() => null); // the banner says what is wrong
    if (!found) { moved(); return; } // in a room where nothing moves, nobody else would say it
    get("desk-now").hidden = false;
    get("desk-people").replaceChildren(...(found.people.length ? found.people.map(person) : [element("li", "sub", "Nobody gave a verdict in the last ten minutes.")]));
  }

  const moved = gathered(EVERY_MS, look);
  return {
    draw(changed) {
      if (sees) moved(); // at the latest when the minute of the throughput is over
      if (!changed.has("queue_flow.rows")) return;
      const rows = state.tables.get("queue_flow.rows");
      get("queue-lines").replaceChildren(...[...rows.values()].map(line));
      get("queue-empty").hidden = rows.size > 0;
    },
  };
}
