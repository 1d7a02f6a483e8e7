'use strict';

// What the pool has under one name, as an array that a program may index and write to: one object
// as long as the name has it. It is read anew only where the pool has changed, and what is written
// to it is told to the pool as a whole: the methods of arrays move entries one by one, and an entry
// that is nowhere for a moment has not left.

const { inspect } = require('node:util');

const STALE = -1;

const lists = new WeakMap();

// console.log() looks behind a proxy, at what may be old. Of the array alone: a list has it not.
const SHOWN = {
  value() {
    return [...this];
  },
  configurable: true,
};

class ViewList {
  #owner;
  #pool;
  #part;
  #array;
  #seen = STALE;
  #isInPool = false;
  // Its entries before the program wrote to it, while the pool has not heard of that.
  #before = null;
  #isRemoved = false;
  // A list that a program makes is there to be filled.
  #isMade = false;
  #isDetached = false;

  // `array` becomes the list's own.
  constructor(owner, pool, part, name, array) {
    this.name = name;
    this.#owner = owner;
    this.#pool = pool;
    this.#part = part;
    this.#array = Object.defineProperty(array, inspect.custom, SHOWN);
    this.proxy = new Proxy(array, this);
    lists.set(this.proxy, this);
  }

  // --- For ViewLists ---------------------------------------------------------------------------

  get isListed() {
    if (this.#before !== null) return !this.#isRemoved;
    if (this.#isMade) return true;
    return this.#isStale ? this.#pool.hasIn(this.#part, this.name) : this.#isInPool;
  }

  get isOwn() {
    return this.#isMade || this.#before !== null;
  }

  get isEdited() {
    return this.#before !== null;
  }

  get entries() {
    this.refresh();
    return this.#array;
  }

  get before() {
    return this.#before ?? this.entries;
  }

  get #isStale() {
    return this.#seen !== this.#pool.version && this.#before === null && !this.#isDetached;
  }

  get #poolLength() {
    return this.#isMade ? undefined : this.#pool.lengthIn(this.#part, this.name);
  }

  refresh() {
    if (!this.#isStale) return;
    this.#seen = this.#pool.version;
    const ids = this.#pool.ids(this.#part, this.name);
    const array = this.#array;
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      const entry = this.#pool.entry(this.#part, ids[i]);
      // There is none yet where a connection is still to be made.
      if (entry !== undefined) array[length++] = entry;
    }
    array.length = length;
    this.#isInPool = ids.length > 0;
  }

  // The program has made this list, in the place of one that had the entries `before`.
  make(before) {
    this.#isMade = true;
    this.#before = [...before];
    this.#owner.edited(this);
  }

  // The program has taken it away.
  remove() {
    this.#begin();
    this.#array.length = 0;
    this.#isMade = false;
    this.#isRemoved = true;
  }

  // Ends what the program has begun. Answers what it comes to.
  takeEdit() {
    const before = new Set(this.#before);
    const after = new Set();
    // Holes are none of an entry.
    this.#array.forEach((entry) => {
      after.add(entry);
    });
    this.#before = null;
    this.#isRemoved = false;
    this.#seen = STALE;
    const added = [...after].filter((entry) => !before.has(entry));
    const removed = [...before].filter((entry) => !after.has(entry));
    return { part: this.#part, name: this.name, added, removed };
  }

  // It stays as it is, whatever becomes of its name.
  detach() {
    this.#isDetached = true;
    this.#before = null;
  }

  // --- Of the proxy ----------------------------------------------------------------------------

  get(array, key) {
    // Programs look at the length alone before each request.
    const length = key === 'length' && this.#isStale ? this.#poolLength : undefined;
    if (length !== undefined) return length;
    this.refresh();
    if (key === inspect.custom) return undefined;
    const value = array[key];
    return typeof value === 'function' ? (METHODS.get(value) ?? value) : value;
  }

  set(array, key, value) {
    if (!this.#mayHold(key, value)) return false;
    this.#begin();
    return Reflect.set(array, key, value);
  }

  has(array, key) {
    this.refresh();
    return key !== inspect.custom && Reflect.has(array, key);
  }

  deleteProperty(array, key) {
    this.#begin();
    return Reflect.deleteProperty(array, key);
  }

  defineProperty(array, key, descriptor) {
    if (!this.#mayHold(key, descriptor.value)) return false;
    this.#begin();
    return Reflect.defineProperty(array, key, descriptor);
  }

  ownKeys(array) {
    this.refresh();
    return Reflect.ownKeys(array).filter((key) => key !== inspect.custom);
  }

  getOwnPropertyDescriptor(array, key) {
    this.refresh();
    return key === inspect.custom ? undefined : Reflect.getOwnPropertyDescriptor(array, key);
  }

  setPrototypeOf() {
    return false;
  }

  preventExtensions() {
    return false;
  }

  // A method of arrays, on the array itself: entry by entry it would cost a hundred times as much.
  apply(method, args, added) {
    if (added === undefined) {
      this.refresh();
    } else {
      if (!added.every((entry) => this.#owner.accepts(this.name, entry))) {
        throw new TypeError('this cannot be added to an agent');
      }
      this.#begin();
    }
    const result = Reflect.apply(method, this.#array, args);
    return result === this.#array ? this.proxy : result;
  }

  #begin() {
    if (this.#before !== null || this.#isDetached) return;
    this.refresh();
    this.#before = [...this.#array];
    this.#owner.edited(this);
  }

  #mayHold(key, value) {
    if (this.#isDetached || !isIndex(key)) return true;
    return this.#owner.accepts(this.name, value);
  }
}

function isIndex(key) {
  return typeof key === 'string' && String(key >>> 0) === key;
}

// Methods that take no function of the program's, by what they add; null where they only read.
const ADDS = {
  copyWithin: () => [],
  fill: ([entry]) => [entry],
  pop: () => [],
  push: (entries) => entries,
  reverse: () => [],
  shift: () => [],
  splice: (args) => args.slice(2),
  unshift: (entries) => entries,
  at: null,
  concat: null,
  includes: null,
  indexOf: null,
  join: null,
  lastIndexOf: null,
  slice: null,
};

// The same, by Array.prototype's.
const METHODS = new Map(
  Object.entries(ADDS).map(([name, adds]) => {
    const method = Array.prototype[name];
    return [
      method,
      {
        [name](...args) {
          const list = lists.get(this);
          if (list === undefined) return Reflect.apply(method, this, args);
          return list.apply(method, args, adds?.(args));
        },
      }[name],
    ];
  }),
);

// The list that a view has given out as this array.
function listOf(array) {
  return lists.get(array);
}

module.exports = { ViewList, listOf };
