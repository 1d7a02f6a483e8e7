'use strict';

// Counts what crosses between JavaScript and oxagent's addon: each call of what it exports, and each
// of its own calls of what it was given. A wrapper costs little beside what it counts.

/** Call it with the addon before oxagent takes what it needs. Returns a function that tells. */
function countBridgeCalls(addon) {
  const byName = {};
  let wakes = 0;

  function counted(name, method) {
    byName[name] ??= 0;
    return function countedMethod(...args) {
      byName[name] += 1;
      return method.apply(this, args);
    };
  }

  // What is called often is in an object of functions, which this method makes.
  function countedFunctions(method) {
    return function countedFunctionsMethod(...args) {
      const functions = method.apply(this, args);
      for (const [name, value] of Object.entries(functions)) functions[name] = counted(name, value);
      return functions;
    };
  }

  function countClass(prototype) {
    const descriptors = Object.getOwnPropertyDescriptors(prototype);
    for (const [name, { get, value }] of Object.entries(descriptors)) {
      if (name === 'constructor') continue;
      if (get) Object.defineProperty(prototype, name, { get: counted(name, get) });
      else if (name === 'functions') prototype[name] = countedFunctions(value);
      else prototype[name] = counted(name, value);
    }
  }

  function countWakes(callback) {
    return (...args) => {
      wakes += 1;
      return callback(...args);
    };
  }

  function construct(Class, args) {
    const given = args.map((arg) => (typeof arg === 'function' ? countWakes(arg) : arg));
    return Reflect.construct(Class, given);
  }

  for (const [name, Class] of Object.entries(addon)) {
    countClass(Class.prototype);
    addon[name] = new Proxy(Class, { construct });
  }
  return () => ({ byName: { ...byName }, wakes });
}

module.exports = { countBridgeCalls };
