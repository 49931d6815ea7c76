// Verdicts on their way: kept in this browser until the store has them, sent in their order, each under its own UUID.
// A dead network, a reload, a restarted server: the same UUID is sent again, and stored once.
import {ask} from "./shell.js";

const RETRY_MS = [300, 700, 1500, 3000];

export class Outbox {
  constructor(owner, onChange) {
    this.place = `tallyroom.outbox.${owner}`;
    this.onChange = onChange;
    this.waiting = JSON.parse(localStorage.getItem(this.place) || "[]");
    this.refused = [];
    this.sending = false;
    this.failures = 0;
    addEventListener("online", () => this.send());
    addEventListener("beforeunload", (event) => { if (this.waiting.length) event.preventDefault(); });
  }

  put(verdict) {
    this.waiting.push({uuid: crypto.randomUUID(), ...verdict});
    this.keep();
    this.send();
  }

  keep() {
    localStorage.setItem(this.place, JSON.stringify(this.waiting));
    this.onChange();
  }

  get offline() { return this.failures > 0; }

  async send() {
    if (this.sending) return this.sending;
    this.sending = this.sendAll().finally(() => { this.sending = false; this.onChange(); });
    return this.sending;
  }

  async sendAll() {
    while (this.waiting.length) {
      const [first] = this.waiting;
      try {
        await ask("desk/verdict", first);
        this.failures = 0;
      } catch (error) {
        if (!error.status || error.status === 401 || error.status >= 500) {
          this.failures += 1;
          this.onChange(error.status === 401 ? error : undefined);
          setTimeout(() => this.send(), RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1]);
          return;
        }
        this.refused.push({verdict: first, why: error.message, fix: error.fix}); // the store will not have it: say so
      }
      this.waiting.shift();
      this.keep();
    }
  }

  // All sent, or not: what an undo must wait for.
  async settled() {
    await this.send();
    return this.waiting.length === 0;
  }
}
