// The messages in hand: the first is on the screen, the others are here before they are wanted.
export const AHEAD = 6;
export const REFILL_AT = 3;
export const HELD_MOST = 20;

export class Hand {
  ready = [];
  until = 0; // held for this person till then, by this machine's clock (their number of seconds came from the desk)
  #done = new Set(); // leases judged here: a claim that was under way may still name them

  get current() { return this.ready[0]; }
  get low() { return this.ready.length <= REFILL_AT; }
  get leases() { return this.ready.slice(0, HELD_MOST).map((message) => message.lease_id); }

  heldFor(seconds) { this.until = Date.now() + 1000 * seconds; }

  // All that the desk says this person holds; `unsent` are leases whose verdicts are on their way. The one on the screen
  // stays there, whatever became of its lease: a message that changes under the finger would be judged for another, and
  // a late verdict counts. Gives whether there was nothing on the screen.
  take(messages, unsent) {
    const empty = this.ready.length === 0;
    const held = messages.filter((message) => !this.#done.has(message.lease_id) && !unsent.has(message.lease_id));
    const known = new Set(this.ready.map((message) => message.lease_id));
    const still = new Set(held.map((message) => message.lease_id));
    this.ready = [...this.ready.filter((message, index) => index === 0 || still.has(message.lease_id)), ...held.filter((message) => !known.has(message.lease_id))];
    return empty;
  }

  // The one on the screen is judged.
  next() {
    const message = this.ready.shift();
    this.#done.add(message.lease_id);
    return message;
  }

  // Some are judged with others, wherever in the hand they are; gives whether the one on the screen is among them.
  drop(leases) {
    const gone = new Set(leases), wasFirst = gone.has(this.current?.lease_id);
    for (const lease of leases) this.#done.add(lease);
    this.ready = this.ready.filter((message) => !gone.has(message.lease_id));
    return wasFirst;
  }

  // They are not judged after all: the next claim may bring them again.
  restore(leases) {
    for (const lease of leases) this.#done.delete(lease);
  }

  // One comes back, to be judged next.
  back(message) {
    this.ready = [message, ...this.ready.filter((each) => each.lease_id !== message.lease_id)];
  }
}
