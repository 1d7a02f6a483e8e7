'use strict';

// agent.sockets, agent.freeSockets and agent.requests: windows on the pool. Each reads like Node's
// own objects (null prototype, an own key for each name) and is always up to date. Programs write
// to them too: what is put in, or taken out, the agent is told of.

const { inspect } = require('node:util');

const { BESIDE, IN_POOL, PoolWindow, REFUSED } = require('./pool-window');

// Methods of arrays that change entries: the agent is told once, of what has come of it.
const MUTATORS = new Set(
  ['copyWithin', 'fill', 'pop', 'push', 'reverse', 'shift', 'sort', 'splice', 'unshift'].map(
    (name) => Array.prototype[name],
  ),
);

// The others look at the list as it was when they were called, not anew at each entry.
const READERS = new Set(
  Reflect.ownKeys(Array.prototype)
    .filter((key) => key !== 'constructor')
    .map((key) => Array.prototype[key])
    .filter((value) => typeof value === 'function' && !MUTATORS.has(value)),
);

function createView(window) {
  const entries = (name) =>
    typeof name === 'string' && window.has(name) ? createList(window, name) : undefined;
  const target = {
    // console.log() looks behind a proxy.
    [inspect.custom]: () =>
      Object.assign(
        Object.create(null),
        Object.fromEntries(window.names().map((name) => [name, window.list(name)])),
      ),
  };
  const write = (name, value) => {
    if (typeof name !== 'string' || !Array.isArray(value)) return false;
    return window.replace(name, value);
  };
  return new Proxy(target, {
    get: (_, name) => entries(name),
    set: (_, name, value) => write(name, value),
    has: (_, name) => entries(name) !== undefined,
    deleteProperty: (_, name) => typeof name !== 'string' || window.remove(name),
    defineProperty: (_, name, { value }) => write(name, value),
    ownKeys: () => window.names(),
    getOwnPropertyDescriptor: (_, name) => {
      const value = entries(name);
      return value && { value, enumerable: true, configurable: true, writable: true };
    },
    getPrototypeOf: () => null,
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
}

// An array that is what the window has under the name whenever it is looked at.
function createList(window, name) {
  const refreshed = (target) => {
    const current = window.list(name);
    target.length = 0;
    for (let i = 0; i < current.length; i++) target[i] = current[i];
    return target;
  };
  // Holes are none of an entry.
  const store = (target) => window.replace(name, Object.values(target));
  return new Proxy(refreshed([]), {
    get(target, key, receiver) {
      const value = Reflect.get(refreshed(target), key);
      if (READERS.has(value)) return (...args) => value.apply([...target], args);
      if (!MUTATORS.has(value)) return value;
      return (...args) => {
        const result = value.apply(refreshed(target), args);
        if (!store(target)) throw new TypeError('this cannot be added to an agent');
        return result === target ? receiver : result;
      };
    },
    set: (target, key, value) => Reflect.set(refreshed(target), key, value) && store(target),
    has: (target, key) => Reflect.has(refreshed(target), key),
    deleteProperty: (target, key) =>
      Reflect.deleteProperty(refreshed(target), key) && store(target),
    defineProperty: (target, key, descriptor) =>
      Reflect.defineProperty(refreshed(target), key, descriptor) && store(target),
    ownKeys: (target) => Reflect.ownKeys(refreshed(target)),
    getOwnPropertyDescriptor: (target, key) =>
      Reflect.getOwnPropertyDescriptor(refreshed(target), key),
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
}

// `edit` does with the agent's sockets what a program does by its views: release(socket) gives an
// active socket's place up, park(name, socket) takes one in as idle, close(socket) ends an idle
// one.
function createViews(pool, edit) {
  const window = (part) => createView(new PoolWindow(pool, part));
  return {
    sockets: window({
      isIn: ([active]) => active > 0,
      list: (name) => pool.active(name),
      // The pool has counted what it opens: what stands in for it meanwhile counts no second time.
      add: () => BESIDE,
      remove: (_, socket) => edit.release(socket),
    }),
    freeSockets: window({
      isIn: ([, idle]) => idle > 0,
      list: (name) => pool.idle(name),
      add: (name, socket) => {
        if (typeof socket?.on !== 'function') return REFUSED;
        edit.park(name, socket);
        return IN_POOL;
      },
      remove: (_, socket) => edit.close(socket),
    }),
    requests: window({
      isIn: ([, , waiting]) => waiting > 0,
      list: (name) => pool.waiting(name),
      add: () => REFUSED,
      remove: (name, req) => pool.withdraw(name, req),
    }),
  };
}

module.exports = { createViews };
