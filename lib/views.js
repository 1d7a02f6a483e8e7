'use strict';

// agent.sockets, agent.freeSockets and agent.requests: read-only windows on the pool. Each reads
// like Node's own objects (null prototype, an own key for each name) and is always up to date.

const { inspect } = require('node:util');

// `list(name)` gives the entries of a name; `has(counts)` whether the name is there.
function createView(pool, list, has) {
  const present = (name) => {
    const counts = typeof name === 'string' ? pool.counts(name) : null;
    return counts !== null && has(counts);
  };
  const names = () => [...pool.names()].filter(present);
  const target = {
    // console.log() looks behind a proxy.
    [inspect.custom]: () => Object.assign(Object.create(null), snapshot(names(), list)),
  };
  return new Proxy(target, {
    get: (_, name) => (present(name) ? list(name) : undefined),
    has: (_, name) => present(name),
    ownKeys: names,
    getOwnPropertyDescriptor: (_, name) =>
      present(name)
        ? { value: list(name), enumerable: true, configurable: true, writable: false }
        : undefined,
    getPrototypeOf: () => null,
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
    preventExtensions: () => false,
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
