'use strict';

// One server that presents chain after chain, and what clients make of each.

const assert = require('node:assert/strict');
const { getSecure, httpsAgentWith, nodeAgentWith, stock } = require('./https-agent');
const { fields, observe } = require('./tls-failure');
const { serveTls } = require('./tls-server');

const ACCEPTED = 'accepted';

// The certificates are for the clients to judge: the server shows even what is weak.
const SHOW_ANYTHING = 'DEFAULT:@SECLEVEL=0';

class Court {
  constructor(site) {
    this.site = site;
  }

  static async open() {
    return new Court(await serveTls());
  }

  /** The server sends this chain, over this version of TLS, from now on. */
  present({ sent, key = sent[0].key }, version = 'TLSv1.3') {
    this.site.server.setSecureContext({
      key,
      cert: sent.map(({ pem }) => pem).join(''),
      ciphers: SHOW_ANYTHING,
      minVersion: version,
      maxVersion: version,
    });
  }

  /** What an agent's client sees: its error field by field, or what its socket says. */
  async ask(agent, { servername = 'localhost' } = {}) {
    const before = this.site.requests;
    const { port } = this.site;
    const { error, socket } = await observe(agent, { port, servername }, getSecure);
    return {
      verdict: error ? error.code : ACCEPTED,
      error: error && fields(error),
      authorized: socket.authorized,
      authorizationError: socket.authorizationError,
      requests: this.site.requests - before,
      transport: socket.transport,
    };
  }

  /**
   * Node's verdict on what is presented, which must be that of the agent under test, once it
   * demands trust and once it does not. `tell` names the case in a failure.
   */
  async compare(plan, tell = '') {
    const options = clientOptions(plan);
    const strict = await this.same(options, plan, tell);
    const lenient = await this.same({ ...options, rejectUnauthorized: false }, plan, tell);
    if (strict.node.verdict !== ACCEPTED) {
      assert.equal(strict.node.requests, 0, `${tell}: no request reaches a refused server`);
      assert.equal(lenient.node.authorized, false, tell);
    }
    return { ...strict, lenient };
  }

  async same(options, plan, tell) {
    const node = await this.ask(nodeAgentWith(options), plan);
    const ours = await this.ask(httpsAgentWith(options), plan);
    assert.deepEqual(comparable(ours), comparable(node), tell);
    return { node, ours };
  }

  /** rustls alone, without Node's TLS to ask, accepts nothing that Node has refused. */
  async assertNoWider(plan, { node }, tell) {
    if (stock || node.verdict === ACCEPTED) return;
    const options = { ...clientOptions(plan), transport: 'rustls' };
    for (const rejectUnauthorized of [true, false]) {
      let alone;
      try {
        alone = await this.ask(httpsAgentWith({ ...options, rejectUnauthorized }), plan);
      } catch (error) {
        assert.equal(error.code, 'ERR_INVALID_ARG_VALUE', tell);
        continue;
      }
      assert.equal(alone.authorized, false, `${tell}: rustls alone authorizes it`);
      if (rejectUnauthorized) assert.notEqual(alone.verdict, ACCEPTED, `${tell}: rustls alone`);
    }
  }
}

function comparable({ transport, ...seen }) {
  return seen;
}

/** `ca` may be certificates of a forge, or what Node takes. */
function clientOptions({ ca, options = {} }) {
  const pem = (value) => value?.pem ?? value;
  return { ...(ca !== undefined && { ca: Array.isArray(ca) ? ca.map(pem) : pem(ca) }), ...options };
}

module.exports = { ACCEPTED, Court };
