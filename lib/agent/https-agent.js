'use strict';

// https.Agent over the native pool. A connection's TLS is rustls's, unless its options need what
// only Node's has.

const tls = require('node:tls');

const { isNodesAddress, planConnect } = require('../connection/connect-plan');
const { openSocket } = require('../connection/connection');
const { isNodes, markNodes, nodesCause } = require('../connection/node-transport');
const { tellNodeTransport } = require('../connection/transport-warning');
const { Cause } = require('../errors/node-causes');
const errors = require('../errors/node-errors');
const { NodeHttpsAgent: NodeAgent } = require('../node/agents');
const { markIdentity, perRequestIdentity } = require('../node/client');
const { isReplaced, replacedMethod } = require('../node/connecting');
const { marksIdentity } = require('../node/runtime');
const { debugSecure, shownName, shownOptions, tellDirect } = require('../pool/debug-log');
const { kForReplay } = require('../socket/replay');
const { TlsSocket } = require('../tls-socket/tls-socket');
const { namesOffer } = require('../tls/context');
const { Judges, sessionName } = require('../tls/judges');
const { nativeContext } = require('../tls/native-context');
const { isRemembered } = require('../tls/node-origins');
const { TLS_1_3 } = require('../tls/offer');
const { lookAt } = require('../tls/option-values');
const { planTls } = require('../tls/plan');
const { GivenSessions, isToken, markCaching, readToken } = require('../tls/session-token');
const { canTakeOver } = require('../under-node/take-over');
const { takeOverSecure } = require('../under-node/take-over-secure');
const { Agent, goesByProxy, kFullName, kNameOf, nodeGetName, warns } = require('./agent');
const { NAMED, secureSuffix } = require('./secure-name');
const { SecureNames } = require('./secure-names');

const nodeCacheSession = NodeAgent.prototype._cacheSession;

const TRANSPORTS = ['auto', 'rustls', 'node'];

const DEFAULT_MAX_CACHED_SESSIONS = 100;

const kNames = Symbol('names');
const kPerRequest = Symbol('serves one request');
const kJudges = Symbol('judges');
// The suffix of a socket's name.
const kJudgedBy = Symbol('judgedBy');

function HttpsAgent(options) {
  if (!(this instanceof HttpsAgent)) return new HttpsAgent(options);

  options = { __proto__: null, ...options };
  options.defaultPort ??= 443;
  options.protocol ??= 'https:';
  transportOf(options);
  Agent.call(this, options);

  const { maxCachedSessions = DEFAULT_MAX_CACHED_SESSIONS } = this.options;
  this.maxCachedSessions = maxCachedSessions;
  this._sessionCache = { map: {}, list: [] };
  initNames(this);
}

// As logs and libraries know https.Agent, by `constructor.name`.
Object.defineProperty(HttpsAgent, 'name', { value: 'Agent', configurable: true });

// `instanceof https.Agent` holds by the prototypes; what http.Agent does is taken from ours.
Object.setPrototypeOf(HttpsAgent.prototype, NodeAgent.prototype);
Object.setPrototypeOf(HttpsAgent, Agent);
for (const key of Reflect.ownKeys(Agent.prototype)) {
  if (key !== 'constructor') inherit(HttpsAgent.prototype, key);
}

// As by a prototype: a program that replaces a method of Agent's replaces it here.
function inherit(prototype, key) {
  const { enumerable } = Object.getOwnPropertyDescriptor(Agent.prototype, key);
  Object.defineProperty(prototype, key, {
    get() {
      return Agent.prototype[key];
    },
    set(value) {
      Object.defineProperty(this, key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    },
    enumerable,
    configurable: true,
  });
}

HttpsAgent.prototype.getName = function getName(options = {}) {
  return nodeGetName.call(this, options) + secureSuffix(options);
};
const ownGetName = HttpsAgent.prototype.getName;

HttpsAgent.prototype[kNameOf] = function secureNameOf(req, options) {
  if (!marksIdentity) markIdentity(this, options);
  if (this.getName !== ownGetName || perRequestIdentity(options)) return undefined;
  return (this[kNames] ?? initNames(this)).nameOf(this, req, options);
};

HttpsAgent.prototype[kFullName] = function fullName(options) {
  const name = this.getName(options);
  // Node's mark of such a request makes its name one of its own.
  const isMarked = this.getName === ownGetName && perRequestIdentity(options);
  return isMarked ? name : name + judgesOf(this).suffix(options);
};

// A copy of an agent that a program has made gets its own.
function initNames(agent) {
  const judges = new Judges(agent.options);
  const names = new SecureNames(judges);
  Reflect.defineProperty(agent, kJudges, { value: judges, configurable: true });
  Reflect.defineProperty(agent, kNames, { value: names, configurable: true });
  return names;
}

function judgesOf(agent) {
  if (agent[kJudges] === undefined) initNames(agent);
  return agent[kJudges];
}

HttpsAgent.prototype.keepSocketAlive = function keepSocketAlive(socket) {
  if (socket[kPerRequest]) return false;
  if (socket[kJudgedBy]) keepJudged(this, socket[kJudgedBy]);
  return Agent.prototype.keepSocketAlive.call(this, socket);
};

HttpsAgent.prototype.createConnection = function createConnection(...args) {
  const options = connectionOptions(args);
  // What was written into a certificate or a key since its origin was named belongs to no origin
  // that others know by it.
  const isMisnamed = lookAt(NAMED.map((name) => options[name]));
  const perRequest = perRequestIdentity(options) || isMisnamed;
  const judgedBy = judgesOf(this).suffix(options);
  const key = perRequest ? undefined : options._agentKey;
  const markOwn = (socket) => mark(markNodes(socket), perRequest, judgedBy);
  const served = serve(this, options, key, callbackOf(markDelivered(args, markOwn)));
  // What stands in the place of Node's method may answer by the callback alone.
  if (!served) return served;
  if (served.nodeOnly) {
    // That the network is forbidden is for Node to say.
    if (transportOf(options) === 'rustls' && served.nodeOnly !== Cause.PERMISSION) {
      throw errors.notServedByRustls(served.nodeOnly);
    }
    // A resumed session of Node's shows no certificate.
    if (options[kForReplay]) args = [{ ...options, session: undefined }, ...args.slice(1)];
    const made = NodeAgent.prototype.createConnection.apply(this, markDelivered(args, markOwn));
    if (warns(this) && isNodes(made)) tellNodeTransport(served.nodeOnly, options, true);
    return markOwn(made);
  }
  const socket = markOwn(served);
  if (key !== undefined) {
    const cache = (session) => this._cacheSession(key, session);
    socket.on('session', this._cacheSession === nodeCacheSession ? markCaching(cache) : cache);
    socket.once('close', (hadError) => {
      if (hadError) this._evictSession(key);
    });
  }
  return socket;
};

// A socket of rustls's, or { nodeOnly } with the reason why there is none.
function serve(agent, options, key, callback) {
  const transport = transportOf(options);
  if (transport === 'node') return { nodeOnly: 'transport' };
  if (goesByProxy(agent, options)) return { nodeOnly: 'proxyEnv' };
  const cause = causeOf(transport);
  if (cause !== null && !(cause === Cause.REPLACED && canTakeOver)) return { nodeOnly: cause };
  const cached = key === undefined ? undefined : agent._getSession(key);
  // What Node's transport has cached is of no use here.
  if (isToken(cached)) options = { session: cached, ...options };

  const plan = planTls(options);
  if (plan.nodeOnly) return plan;
  if (transport === 'auto' && mayRenegotiate(plan))
    return { nodeOnly: namesOffer(options) ? 'renegotiation' : Cause.DEFAULT_VERSIONS };
  const connectPlan = planConnect(options);
  if (connectPlan === null) {
    return {
      nodeOnly: isNodesAddress(options) ? Cause.ADDRESS : 'an option of net.connect()',
    };
  }
  if (transport === 'auto' && isRemembered(plan, options)) return { nodeOnly: Cause.SERVER };
  const context = nativeContext(plan.context);
  if (context === null) return { nodeOnly: 'the key of the client certificate' };

  if (debugSecure) {
    debugSecure('createConnection', shownOptions(options));
    if (isToken(cached)) debugSecure('reuse session for %j', shownName(agent, options));
    tellDirect(debugSecure, 'https', options, null);
  }
  const session = sessionOf(plan);
  const request = {
    alpn: plan.alpn ?? [],
    serverName: plan.serverName ?? undefined,
    identity: plan.identity,
    asks: plan.checkServerIdentity !== null,
    session: session?.id,
  };
  const secure = {
    plan,
    options,
    context,
    request,
    session: session && plan.session,
    given: givenBy(agent),
    authorizationError: session?.authorizationError,
    mayFallBack: transport === 'auto',
    warns: warns(agent),
  };
  if (cause !== null) return serveUnderNode(agent, options, connectPlan, secure, callback);
  return openSocket((own) => new TlsSocket(secure, own), options, connectPlan, secure);
}

function causeOf(transport) {
  const cause = nodesCause(true);
  if (cause !== Cause.TRACED || transport !== 'rustls') return cause;
  return isReplaced(true) ? Cause.REPLACED : null;
}

// Through what stands in the place of Node's functions, as Node's agent connects.
function serveUnderNode(agent, options, connectPlan, secure, callback) {
  const replacement = replacedMethod(NodeAgent);
  // A copy, as whoever gets it may write into it.
  const handed = { ...options };
  // By this key Node's agent would resume the sessions of its own TLS.
  if (replacement) handed._agentKey = undefined;
  const socket = replacement ? replacement.call(agent, handed, callback) : tls.connect(handed);
  // A fallback goes by tls.connect(): it would not get to where the agent's method has led.
  const mayBeElsewhere = replacement === null;
  const isTaken = takeOverSecure(socket, options, connectPlan, secure, mayBeElsewhere, () => {
    if (secure.warns) tellNodeTransport(Cause.REPLACED, options, true);
  });
  if (!isTaken && !secure.mayFallBack) {
    socket?.on?.('error', () => {});
    socket?.destroy?.();
    throw errors.notServedByRustls(Cause.REPLACED);
  }
  return socket;
}

const givenSessions = new WeakMap();

function givenBy(agent) {
  let given = givenSessions.get(agent);
  if (!given) {
    given = new GivenSessions();
    givenSessions.set(agent, given);
  }
  return given;
}

// There is no renegotiation in TLS 1.3. A program that forbids that version may do so because it
// renegotiates itself, or its server does to ask for a client certificate; rustls does neither.
function mayRenegotiate({ context }) {
  return !context.versions.includes(TLS_1_3);
}

// A session with a server that was not to be trusted serves nobody who demands trust.
function sessionOf(plan) {
  const read = plan.session ? readToken(plan.session, sessionName(plan)) : undefined;
  return read?.authorizationError && plan.rejectUnauthorized ? undefined : read;
}

// Node's signatures: (options), (port, options), (port, host, options).
function connectionOptions([port, host, options]) {
  if (port !== null && typeof port === 'object') return port;
  const found = [host, options].find((one) => one !== null && typeof one === 'object');
  const merged = { ...found };
  if (typeof port === 'number') merged.port = port;
  if (typeof host === 'string') merged.host = host;
  return merged;
}

function transportOf({ transport = 'auto' }) {
  if (!TRANSPORTS.includes(transport)) throw errors.invalidTransport(transport);
  return transport;
}

function mark(socket, perRequest, judgedBy) {
  // Deno returns none while a tunnel is made.
  if (!socket) return socket;
  if (perRequest) socket[kPerRequest] = true;
  if (judgedBy) socket[kJudgedBy] = judgedBy;
  return socket;
}

// The idle connections of another judge may have to go.
function keepJudged(agent, judgedBy) {
  const given = agent[kJudges].keep(judgedBy);
  if (given === undefined) return;
  for (const socket of Object.values(agent.freeSockets).flat()) {
    if (socket[kJudgedBy] === given) socket.destroy();
  }
}

function callbackOf(args) {
  const last = args.at(-1);
  return typeof last === 'function' ? last : undefined;
}

// Node returns the connection to a proxy, and calls back with the one through it.
function markDelivered(args, markSocket) {
  const callback = callbackOf(args);
  if (callback === undefined) return args;
  const delivered = function delivered(...results) {
    const [error, socket] = results;
    if (!error && socket) markSocket(socket);
    return callback.apply(this, results);
  };
  return [...args.slice(0, -1), delivered];
}

module.exports = { HttpsAgent };
