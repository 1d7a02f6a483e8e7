'use strict';

// agent.sockets, agent.freeSockets and agent.requests: read-only windows on the pool. Each reads
// like Node's own objects (null prototype, an own key for each name) and is always up to date.

const { inspect } = require('node:util');

const READ_ONLY = {
  set: () => false,
  defineProperty: () => false,
  deleteProperty: () => false,
  setPrototypeOf: () => false,
  preventExtensions: () => false,
};

// `list(name)` gives the entries of a name; `has(counts)` whether the name is there.
function createView(pool, list, has) {
  const present = (name) => {
    const counts = typeof name === 'string' ? pool.counts(name) : null;
    return counts !== null && has(counts);
  };
  const names = () => [...pool.names()].filter(present);
  const entries = (name) => (present(name) ? createList(() => list(name)) : undefined);
  const target = {
    // console.log() looks behind a proxy.
    [inspect.custom]: () => Object.assign(Object.create(null), snapshot(names(), list)),
  };
  return new Proxy(target, {
    ...READ_ONLY,
    get: (_, name) => entries(name),
    has: (_, name) => present(name),
    ownKeys: names,
    getOwnPropertyDescriptor: (_, name) =>
      present(name)
        ? { value: entries(name), enumerable: true, configurable: true, writable: false }
        : undefined,
    getPrototypeOf: () => null,
  });
}

// An array that is what `list` says whenever it is looked at.
function createList(list) {
  const refreshed = (target) => {
    const current = list();
    target.length = 0;
    for (let i = 0; i < current.length; i++) target[i] = current[i];
    return target;
  };
  return new Proxy(refreshed([]), {
    ...READ_ONLY,
    get: (target, key, receiver) => Reflect.get(refreshed(target), key, receiver),
    has: (target, key) => Reflect.has(refreshed(target), key),
    ownKeys: (target) => Reflect.ownKeys(refreshed(target)),
    getOwnPropertyDescriptor: (target, key) =>
      Reflect.getOwnPropertyDescriptor(refreshed(target), key),
  });
}

function snapshot(names, list) {
  return Object.fromEntries(names.map((name) => [name, list(name)]));
}

const createViews = (pool) => ({
  sockets: createView(
    pool,
    (name) => pool.active(name),
    ([active]) => active > 0,
  ),
  freeSockets: createView(
    pool,
    (name) => pool.idle(name),
    ([, idle]) => idle > 0,
  ),
  requests: createView(
    pool,
    (name) => pool.waiting(name),
    ([, , waiting]) => waiting > 0,
  ),
});

module.exports = { createViews };
