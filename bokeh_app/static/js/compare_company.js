// Who is in the session, and the selection that moves for all who follow.
import {ask, facts, warn} from "./shell.js";
import {element, safeText} from "./text.js";
import {isPart, partInWords, samePart, tidy} from "./compare_address.js";

const get = (id) => document.getElementById(id);
const SHOWN = 8;
const isMe = (name) => name === facts.person.name;

export function inSession({id, comparison}) {
  if (!id || !comparison?.present) return null;
  const n = Math.max(1, comparison.present.length); // who asks is there, also where the server has not heard yet
  return n === 1 ? "1 person in this session" : `${n} people in this session`;
}

export class Company {
  constructor(view, {moved, drawn}) {
    Object.assign(this, {view, moved, drawn, shared: null, seen: null, waiting: null, sending: false});
    get("follow").addEventListener("change", () => { if (get("follow").checked) this.goThere(); this.drawn(); });
  }

  get follows() { return get("follow").checked; }

  // Another session, or none.
  leave(id) {
    if (this.of === id) return;
    Object.assign(this, {of: id, shared: null, seen: null, waiting: null});
  }

  // What the others see now. One's own selection comes back as well: while another of it is under way, it is old.
  heed({id, selected}) {
    this.leave(id);
    const first = this.seen === null, moved = selected && selected.id > (this.seen ?? 0);
    this.shared = selected ? {...selected, selection: tidy(selected.selection)} : null;
    this.seen = selected?.id ?? 0;
    if (!moved || !this.follows || (isMe(selected.by) && (this.sending || this.waiting))) return;
    if (first && isPart(this.view.part)) return; // a link says where to look, until somebody moves
    if (!samePart(this.view.part, this.shared.selection)) this.moved(this.shared.selection);
  }

  goThere() {
    if (this.shared && !samePart(this.view.part, this.shared.selection)) this.moved(this.shared.selection);
  }

  // One request at a time, the newest selection only: the server stores one a second of a person.
  async share(part) {
    if (!this.view.id || !this.follows) return;
    this.waiting = {id: this.view.id, ...part};
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.waiting) {
        const asked = this.waiting;
        this.waiting = null;
        await ask("compare/select", asked);
      }
    } catch (error) {
      warn(`The others do not see what you selected: ${error.message}. ${error.fix ?? ""}`);
    } finally {
      this.sending = false;
    }
  }

  draw() {
    const here = this.view.comparison?.present ?? [];
    const list = get("people");
    list.hidden = get("follow-label").hidden = !this.view.id;
    const now = JSON.stringify(here);
    if (list.dataset.now === now) return;
    list.dataset.now = now;
    const rows = here.slice(0, SHOWN).map(({name}) => {
      const row = element("li", isMe(name) ? "person me" : "person", safeText(name), isMe(name) ? " (you)" : "");
      row.dir = "auto";
      return row;
    });
    if (here.length > SHOWN) rows.push(element("li", "person more", `and ${here.length - SHOWN} more`));
    list.replaceChildren(...rows);
  }

  // What is selected here is marked; where somebody else looks, their name stands beside it.
  drawSelection() {
    const {part, id} = this.view, theirs = id && this.shared && !isMe(this.shared.by) ? this.shared : null;
    const same = theirs && samePart(theirs.selection, part);
    mark(part, "selected");
    mark(theirs ? theirs.selection : {}, "theirs", theirs?.by);
    const away = theirs && !same && isPart(theirs.selection);
    get("selection").hidden = !isPart(part) && !away;
    get("clear").hidden = !isPart(part);
    get("there").hidden = !away;
    const words = isPart(part) ? [same ? safeText(theirs.by) : "You", same ? " selected: " : " see: ", safeText(partInWords(part)), "."] : [];
    if (away) words.push(" ", safeText(theirs.by), " looks at: ", safeText(partInWords(theirs.selection)), ".");
    const told = element("span", "", ...words);
    if (get("selection-words").textContent !== told.textContent) get("selection-words").replaceChildren(told);
  }
}

// Everything that can be selected has its part on it, as JSON.
function mark(part, className, name = "") {
  for (const each of document.querySelectorAll("[data-part]")) {
    const own = JSON.parse(each.dataset.part);
    const on = own.message ? own.message === part.message : isPart(part) && samePart(own, {...part, message: undefined});
    each.classList.toggle(className, on);
    if (className === "selected") each.querySelector("button:not(.reader)")?.setAttribute("aria-pressed", on);
    else if (on) each.dataset.by = name;
    else delete each.dataset.by;
  }
}
