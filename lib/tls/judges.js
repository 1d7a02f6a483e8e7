'use strict';

// What a server is judged by and no name tells: Node's getName() leaves these options out, and
// marks a request that brings a checkServerIdentity() of its own on some lines and by
// https.request() alone. A connection that was judged by one of them serves no request that has
// another.

const tls = require('node:tls');

const JUDGES = ['checkServerIdentity', 'secureContext', 'pskCallback', 'allowPartialTrustChain'];

// Judges whose idle connections an agent keeps: a program may bring a new function with each
// request, and nobody would take these connections any more.
const KEPT_MAX = 16;

const numbers = new WeakMap();
let last = 0;

// A number that stands for a function or another object, as long as the thread lives.
function numberOf(judge) {
  let number = numbers.get(judge);
  if (number === undefined) {
    number = ++last;
    numbers.set(judge, number);
  }
  return number;
}

// Node's own function is what there is without one.
function judgeIn(options, name) {
  const judge = options[name] ?? undefined;
  return judge === tls.checkServerIdentity ? undefined : judge;
}

function textOf(judge) {
  const isObject = typeof judge === 'function' || (typeof judge === 'object' && judge !== null);
  return isObject ? `#${numberOf(judge)}` : `${judge}`;
}

/**
 * Whose sessions these are: of a server that was found to be this one, and by whom. Another function
 * might not like it, and a resumed handshake asks none.
 */
function sessionName({ identity, checkServerIdentity }) {
  return checkServerIdentity === null ? identity : `${identity} ${textOf(checkServerIdentity)}`;
}

class Judges {
  // What the agent was made with.
  #own = {};
  // Those of the sockets that were free last, the latest last.
  #kept = [];

  constructor(options) {
    for (const name of JUDGES) this.#own[name] = judgeIn(options, name);
  }

  /** What follows the name where the judges are not the agent's own; '' where they are. */
  suffix(options) {
    let suffix = '';
    for (const name of JUDGES) {
      if (!(name in options)) continue;
      const judge = judgeIn(options, name);
      if (judge !== this.#own[name]) suffix += `:${name}=${textOf(judge)}`;
    }
    return suffix;
  }

  /** Idle connections of this suffix are kept; answers whose are kept no more, or undefined. */
  keep(suffix) {
    const at = this.#kept.indexOf(suffix);
    if (at !== -1) this.#kept.splice(at, 1);
    this.#kept.push(suffix);
    return this.#kept.length > KEPT_MAX ? this.#kept.shift() : undefined;
  }
}

module.exports = { JUDGES, Judges, sessionName };
