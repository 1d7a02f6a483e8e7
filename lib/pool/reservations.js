'use strict';

// Slots that are promised to requests, for the createSocket() that follows.

class Reservations {
  #slots = new WeakMap();
  // Where createSocket() is the program's: it may list a socket of its own, or something that
  // stands for one, as Node's does.
  #names = new Map();
  #vacant = new Map();

  promise(req, slot) {
    this.#slots.set(req, slot);
  }

  // The program may fill the slot, by what it puts under the name.
  offer(slot, name) {
    this.#names.set(slot, name);
    this.vacate(slot);
  }

  // Ends the promise. Undefined where there is none any more.
  take(req) {
    const slot = this.#slots.get(req);
    if (slot === undefined) return undefined;
    this.#slots.delete(req);
    if (this.#names.has(slot)) {
      this.#occupy(slot);
      this.#names.delete(slot);
    }
    return slot;
  }

  // Whether the slot is still promised, whatever stands in it.
  has(slot) {
    return this.#names.has(slot);
  }

  // A slot for what a program puts under the name, if there is one.
  fill(name) {
    const vacant = this.#vacant.get(name);
    if (vacant === undefined) return undefined;
    const [slot] = vacant;
    this.#occupy(slot);
    return slot;
  }

  vacate(slot) {
    const name = this.#names.get(slot);
    const vacant = this.#vacant.get(name);
    if (vacant) vacant.add(slot);
    else this.#vacant.set(name, new Set([slot]));
  }

  #occupy(slot) {
    const name = this.#names.get(slot);
    const vacant = this.#vacant.get(name);
    vacant?.delete(slot);
    if (vacant?.size === 0) this.#vacant.delete(name);
  }
}

module.exports = { Reservations };
