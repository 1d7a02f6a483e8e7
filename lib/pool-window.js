'use strict';

// What one view shows, and what becomes of what a program writes to it. Beside what the pool has
// under a name there may be entries that a program has added for itself.

class PoolWindow {
  #pool;
  #part;
  // By name: entries that the pool knows nothing of.
  #added = new Map();

  // `part` is a part of the pool, with isIn(counts), list(name); add(name, entry), which answers
  // IN_POOL, BESIDE or REFUSED; and remove(name, entry).
  constructor(pool, part) {
    this.#pool = pool;
    this.#part = part;
  }

  names() {
    const names = [...this.#pool.names()].filter((name) => this.#isInPool(name));
    for (const name of this.#added.keys()) if (!this.#isInPool(name)) names.push(name);
    return names;
  }

  has(name) {
    return this.#isInPool(name) || this.#added.has(name);
  }

  list(name) {
    const entries = this.#part.list(name);
    const added = this.#added.get(name);
    return added ? entries.concat(added) : entries;
  }

  // The name has these entries and no others. Answers whether that may be.
  replace(name, entries) {
    const before = new Set(this.list(name));
    const after = new Set(entries);
    for (const entry of after) {
      if (!before.has(entry) && !this.#add(name, entry)) return false;
    }
    for (const entry of before) {
      if (!after.has(entry)) this.#remove(name, entry);
    }
    // An empty list that a program makes is there to be filled.
    if (after.size === 0 && before.size === 0) this.#added.set(name, []);
    return true;
  }

  remove(name) {
    this.replace(name, []);
    this.#added.delete(name);
    return true;
  }

  #isInPool(name) {
    const counts = this.#pool.counts(name);
    return counts !== null && this.#part.isIn(counts);
  }

  #add(name, entry) {
    const place = this.#part.add(name, entry);
    if (place === BESIDE) {
      const added = this.#added.get(name);
      if (added) added.push(entry);
      else this.#added.set(name, [entry]);
    }
    return place !== REFUSED;
  }

  #remove(name, entry) {
    const added = this.#added.get(name);
    const index = added ? added.indexOf(entry) : -1;
    if (index < 0) {
      this.#part.remove(name, entry);
      return;
    }
    added.splice(index, 1);
    if (added.length === 0) this.#added.delete(name);
  }
}

// Where an entry that a program adds is from then on.
const IN_POOL = 'in the pool';
const BESIDE = 'beside it';
const REFUSED = 'nowhere';

module.exports = { BESIDE, IN_POOL, PoolWindow, REFUSED };
