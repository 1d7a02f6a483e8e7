'use strict';

// What util.inspect(), and so a log, shows of an agent: what it shows of Node's. Values stand for
// the accessors of properties that Node has as values.

const { inspect } = require('node:util');

const VALUES = new Set([
  'maxSockets',
  'maxFreeSockets',
  'maxTotalSockets',
  'scheduling',
  'totalSocketCount',
  'requests',
  'sockets',
  'freeSockets',
]);

// The same each time, or an agent that is reached from itself would be shown without end.
const doubles = new WeakMap();

function inspectAsNodes(prototype) {
  Object.defineProperty(prototype, inspect.custom, {
    value: function inspectAgent(_, { showHidden }) {
      return showHidden ? this : doubleOf(this);
    },
    writable: true,
    configurable: true,
  });
}

function doubleOf(agent) {
  let double = doubles.get(agent);
  if (double === undefined) {
    double = Object.create(Object.getPrototypeOf(agent), { [inspect.custom]: {} });
    doubles.set(agent, double);
  }
  for (const key of Reflect.ownKeys(double)) {
    if (key !== inspect.custom && !Object.hasOwn(agent, key)) delete double[key];
  }
  const properties = Object.getOwnPropertyDescriptors(agent);
  for (const key of Reflect.ownKeys(properties)) {
    const property = properties[key];
    Object.defineProperty(double, key, {
      ...(VALUES.has(key) ? { value: agent[key] } : property),
      enumerable: property.enumerable,
      configurable: true,
    });
  }
  return double;
}

module.exports = { inspectAsNodes };
