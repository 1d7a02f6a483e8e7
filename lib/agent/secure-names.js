'use strict';

// The names of an agent's origins, each made once, so that a `ca` of 200 KiB costs a request
// nothing. A request costs a look at each option, no closure and, where it goes where the last one
// went, no new string.

const { JUDGES } = require('../tls/judges');
const { isStill, remembered } = require('../tls/option-values');
const { pick, plainName, serverName } = require('./agent');
const { NAMED, joinServername, secureSuffix } = require('./secure-name');

// Sets of values, and names of one set, that an agent remembers.
const SETS_MAX = 16;
const NAMES_MAX = 1024;

// What the requests of one set have in common.
const COMPARED = [...NAMED, ...JUDGES];

class SecureNames {
  #judges;
  // The one used last comes first.
  #sets = [];
  // The servername that the last host and Host header came to.
  #host;
  #header;
  #servername;

  constructor(judges) {
    this.#judges = judges;
  }

  /** What the agent's getName() gives for a request with these options, and its judges' suffix. */
  nameOf(agent, req, options) {
    const own = agent.options;
    const servername = this.#servernameOf(own, req, options);
    const set = this.#setOf(own, options);
    const { latest } = set;
    if (
      latest !== null &&
      latest.servername === servername &&
      latest.host === pick(own, options, 'host') &&
      latest.port === pick(own, options, 'port') &&
      latest.localAddress === pick(own, options, 'localAddress') &&
      latest.family === pick(own, options, 'family') &&
      latest.socketPath === pick(own, options, 'socketPath')
    ) {
      return latest.name;
    }
    const name = set.nameOf(agent, options, servername);
    set.latest = {
      servername,
      host: pick(own, options, 'host'),
      port: pick(own, options, 'port'),
      localAddress: pick(own, options, 'localAddress'),
      family: pick(own, options, 'family'),
      socketPath: pick(own, options, 'socketPath'),
      name,
    };
    return name;
  }

  #servernameOf(own, req, options) {
    const given = pick(own, options, 'servername');
    if (given || given === '') return given;
    const host = pick(own, options, 'host');
    const header = req.getHeader('host');
    if (host !== this.#host || header !== this.#header || header === undefined) {
      this.#servername = serverName(host, req);
      this.#host = host;
      this.#header = header;
    }
    return this.#servername;
  }

  #setOf(own, options) {
    for (let i = 0; i < this.#sets.length; i++) {
      const set = this.#sets[i];
      if (!set.isOf(own, options)) continue;
      if (i > 0) {
        this.#sets.splice(i, 1);
        this.#sets.unshift(set);
      }
      return set;
    }
    const set = new NameSet(own, options, this.#judges);
    this.#sets.unshift(set);
    if (this.#sets.length > SETS_MAX) this.#sets.pop();
    return set;
  }
}

// The names of the origins that differ in no option of TLS but the name of the server.
class NameSet {
  #values;
  #names = new Map();
  #judges;
  latest = null;

  constructor(own, options, judges) {
    this.#judges = judges;
    this.#values = COMPARED.map((option) => remembered(pick(own, options, option)));
  }

  isOf(own, options) {
    const values = this.#values;
    for (let i = 0; i < COMPARED.length; i++) {
      const option = COMPARED[i];
      const value = pick(own, options, option);
      if (value !== values[i] && !isStill(values[i], value)) return false;
    }
    return true;
  }

  nameOf(agent, options, servername) {
    const own = agent.options;
    const base = plainName(agent, options);
    const shown = joinServername(servername, { host: pick(own, options, 'host') });
    // By its length, the servername is told from what follows it.
    const key = `${shown.length} ${shown}${base}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      const named = { servername: shown };
      for (const option of COMPARED) named[option] = pick(own, options, option);
      name = base + secureSuffix(named) + this.#judges.suffix(named);
      if (this.#names.size >= NAMES_MAX) this.#names.clear();
      this.#names.set(key, name);
    }
    return name;
  }
}

module.exports = { SecureNames };
