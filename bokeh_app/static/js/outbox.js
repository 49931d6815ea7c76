// Verdicts on their way: kept in this browser until the store has them, sent in their order, each under its own UUID.
// A dead network, a reload, a restarted server: the same UUID is sent again, and stored once.
import {route} from "./shell.js";

const RETRY_MS = [300, 700, 1500, 3000];
const PATIENCE_MS = 6000; // a line that is dead without saying so would hold the verdict for minutes

// Ask, and wait for the answer, but not for ever. An error has a status only where it is the desk's own word.
export async function call(name, body) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE_MS);
  const posted = {method: "POST", body: JSON.stringify(body), headers: {"Content-Type": "application/json", "X-Tallyroom": "1"}};
  try {
    const response = await fetch(route(name), {...(body === undefined ? {} : posted), signal: limit.signal});
    const answer = await response.json();
    if (response.ok) return answer;
    if (!answer.error?.what) throw new Error(response.statusText);
    throw Object.assign(new Error(answer.error.what), {status: response.status, fix: answer.error.fix || ""});
  } finally {
    clearTimeout(timer);
  }
}

// Browsers give randomUUID on https and on this machine only; the random bytes everywhere.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const isRefusal = (error) => error.status >= 400 && error.status < 500 && error.status !== 401;

export class Outbox {
  waiting = []; // {place, verdict}, the oldest first
  refused = []; // {place, verdict, why, fix}: the store will not have it; a person decides
  taken = 0; // acknowledged since the page was opened
  trouble = null; // why the last try failed, null where it did not
  keeps = true; // whether this browser keeps anything over a reload
  #failures = 0;
  #sending = null;
  #timer = 0;
  #made = 0;

  // onChange(): something about it is new. onAnswer(answer, verdict): the store has one more. onRefused(entry): it has not.
  constructor({onChange, onAnswer, onRefused}) {
    Object.assign(this, {onChange, onAnswer, onRefused});
    addEventListener("online", () => this.send());
    addEventListener("beforeunload", (event) => { if (this.waiting.length) event.preventDefault(); });
  }

  // One entry a verdict, not one list: two tabs of a person must not write over each other's. The room is in its name,
  // because another room may be served at this very address tomorrow, and its leases have the same numbers.
  open(room, person) {
    if (this.name) return;
    this.name = `tallyroom.outbox.${room}.${person}.`;
    for (const entry of this.#kept()) (entry.why ? this.refused : this.waiting).push(entry);
    this.send();
  }

  #kept() {
    try {
      const places = Object.keys(localStorage).filter((place) => place.startsWith(this.name)).sort();
      return places.map((place) => ({place, ...JSON.parse(localStorage.getItem(place))}));
    } catch { return []; }
  }

  // Where it is no single verdict: `route` that takes it, and the `leases` that it answers.
  put(verdict, {route = undefined, leases = undefined} = {}) {
    const made = {uuid: uuid(), ...verdict};
    this.#made += 1;
    const order = `${String(Date.now()).padStart(15, "0")}.${String(this.#made).padStart(6, "0")}`;
    const entry = {place: `${this.name}${order}.${made.uuid}`, verdict: made, route, leases};
    this.waiting.push(entry);
    this.#keep(entry);
    this.send();
    return made;
  }

  #keep({place, ...entry}) {
    try { localStorage.setItem(place, JSON.stringify(entry)); } catch { this.keeps = false; }
    this.onChange();
  }

  #forget(entry) {
    try { localStorage.removeItem(entry.place); } catch { /* it was never kept */ }
  }

  get offline() { return this.#failures > 0; }

  send() {
    this.#sending ??= this.#sendAll().finally(() => { this.#sending = null; this.onChange(); });
    return this.#sending;
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    while (this.waiting.length) {
      const [first] = this.waiting;
      try {
        const answer = await call(first.route ?? "desk/verdict", first.verdict);
        this.waiting.shift();
        this.#forget(first);
        this.taken += 1;
        this.onAnswer(answer, first.verdict);
      } catch (error) {
        if (!isRefusal(error)) {
          this.#failures += 1;
          this.trouble = error;
          this.#timer = setTimeout(() => this.send(), RETRY_MS[Math.min(this.#failures, RETRY_MS.length) - 1]);
          return;
        }
        this.waiting.shift();
        const entry = {...first, why: error.message, fix: error.fix};
        this.refused.push(entry);
        this.#keep(entry);
        this.onRefused(entry);
      }
      this.#failures = 0;
      this.trouble = null;
      this.onChange();
    }
  }

  sendAgain(entry) {
    this.refused = this.refused.filter((each) => each !== entry);
    const again = {place: entry.place, verdict: entry.verdict, route: entry.route, leases: entry.leases};
    this.waiting.push(again);
    this.#keep(again);
    this.send();
  }

  letGo(entry) {
    this.refused = this.refused.filter((each) => each !== entry);
    this.#forget(entry);
    this.onChange();
  }

  // All sent, or not: what an undo must wait for.
  async settled() {
    await this.send();
    return this.waiting.length === 0;
  }
}
