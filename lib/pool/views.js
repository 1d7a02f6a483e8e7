'use strict';

// agent.sockets, agent.freeSockets and agent.requests: views of the pool. Each reads like Node's
// own objects (null prototype, an own key for each name) and is always up to date. Programs write
// to them too: what is put in, or taken out, the agent is told of before it decides anything, and
// at the latest in the next tick.

const { inspect } = require('node:util');

const { throwLater } = require('../errors/run-all');
const { nextTick } = require('../node/originals');
const { Part } = require('./pool');
const { ViewLists } = require('./view-lists');

const PARTS = { sockets: Part.ACTIVE, freeSockets: Part.IDLE, requests: Part.WAITING };

// By the views that agents were given.
const owners = new WeakMap();

class Views {
  #pool;
  #edits;
  #lists = {};
  #isQueued = false;

  // Whether the program has written something that the agent has not heard of.
  isEdited = false;

  // `edits` does with the agent's sockets and requests what a program does by its views: it has
  // accepts(name, entry), add(name, entry) and remove(entry, id), by the views' names.
  constructor(agent, pool, edits) {
    this.#pool = pool;
    this.agent = agent;
    this.#edits = edits;
    const onEdit = () => this.#queue();
    for (const [key, part] of Object.entries(PARTS)) {
      const lists = new ViewLists(pool, part, edits[key].accepts, onEdit);
      this.#lists[key] = lists;
      this[key] = createView(lists);
      owners.set(this[key], this);
    }
    pool.onGone = (name) => {
      for (const lists of Object.values(this.#lists)) lists.forget(name);
    };
  }

  // A program has put an object of its own in a view's place: the view has what that has.
  assign(key, object) {
    const lists = this.#lists[key];
    for (const name of lists.names()) {
      if (!Array.isArray(object[name])) lists.remove(name);
    }
    for (const [name, entries] of Object.entries(object)) {
      if (!Array.isArray(entries)) continue;
      lists.assign(
        name,
        entries.filter((entry) => this.#edits[key].accepts(name, entry)),
      );
    }
  }

  // Tells the agent what the program has written. An entry that was moved from one list to another
  // has left neither the agent nor the pool, so what was added comes first.
  settle() {
    if (!this.isEdited) return;
    this.isEdited = false;
    const edits = [];
    for (const [key, lists] of Object.entries(this.#lists)) {
      for (const edit of lists.takeEdits()) edits.push({ key, ...edit });
    }
    for (const { key, name, added } of edits) {
      for (const entry of added) {
        if (this.#edits[key].accepts(name, entry)) attempt(() => this.#edits[key].add(name, entry));
      }
    }
    for (const { key, part, name, removed } of edits) {
      if (removed.length > 0) this.#remove(key, part, name, new Set(removed));
    }
    for (const { key, name } of edits) {
      if (!this.#pool.has(name) && !this.#lists[key].list(name)) this.#lists[key].forget(name);
    }
  }

  #remove(key, part, name, removed) {
    for (const id of this.#pool.ids(part, name)) {
      const entry = this.#pool.entry(part, id);
      if (entry !== undefined && removed.has(entry)) {
        attempt(() => this.#edits[key].remove(entry, id));
      }
    }
  }

  #queue() {
    this.isEdited = true;
    if (this.#isQueued) return;
    this.#isQueued = true;
    nextTick(() => {
      this.#isQueued = false;
      this.settle();
    });
  }
}

// The views that have given out this object.
function viewsOf(object) {
  return owners.get(object);
}

function createView(lists) {
  const listed = (name) => (typeof name === 'string' ? lists.list(name) : undefined);
  const target = {
    // console.log() looks behind a proxy.
    [inspect.custom]: () => {
      const shown = lists.names().map((name) => [name, [...lists.list(name).entries]]);
      return Object.assign(Object.create(null), Object.fromEntries(shown));
    },
  };
  const write = (name, value) => {
    if (typeof name !== 'string' || !Array.isArray(value)) return false;
    return lists.assign(name, value);
  };
  return new Proxy(target, {
    get: (_, name) => listed(name)?.proxy,
    set: (_, name, value) => write(name, value),
    has: (_, name) => listed(name) !== undefined,
    deleteProperty(_, name) {
      if (typeof name === 'string') lists.remove(name);
      return true;
    },
    defineProperty: (_, name, { value }) => write(name, value),
    ownKeys: () => lists.names(),
    getOwnPropertyDescriptor(_, name) {
      const value = listed(name)?.proxy;
      return value && { value, enumerable: true, configurable: true, writable: true };
    },
    getPrototypeOf: () => null,
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
}

// A listener of the program's may throw. The other entries are still to be looked at.
function attempt(action) {
  try {
    action();
  } catch (error) {
    throwLater(error);
  }
}

module.exports = { Views, viewsOf };
