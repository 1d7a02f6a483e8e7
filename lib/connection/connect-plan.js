'use strict';

// net.connect()'s options, as the reactor takes them.
//
// A plan is made only for options that are plainly right and that the reactor serves. For all
// others there is none, and Node's own net.connect() decides: it serves them, or throws its own
// error for them.

const { Buffer } = require('node:buffer');
const dns = require('node:dns');
const net = require('node:net');
const process = require('node:process');
const { domainToASCII } = require('node:url');

const { isLookupReplaced } = require('../node/connecting');

// What only a libuv handle can do.
const NODE_ONLY = ['fd', 'handle', 'onread', 'typeOfService'];

const HINTS = dns.ADDRCONFIG | dns.V4MAPPED | dns.ALL;

// net.connect() raises shorter delays to this.
const ATTEMPT_DELAY_MIN_MS = 10;

// What fits in a sockaddr_un, less the final zero, on every Unix.
const PATH_MAX_BYTES = 103;

// A longer one is no name (RFC 1035, section 2.3.4, and a final dot), which Node says by itself.
const HOST_MAX_CHARS = 254;

const PORT_MAX = 65535;

// fe80::/10.
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/i;

// A name in any script. domainToASCII() reads a URL's host, which ends at a slash, say.
const LETTERS = /^[\p{L}\p{M}\p{N}._-]+$/u;

const FAMILIES = new Map([
  [undefined, 0],
  [null, 0],
  [0, 0],
  [4, 4],
  [6, 6],
  ['IPv4', 4],
  ['IPv6', 6],
]);

const isBlockList = net.BlockList.isBlockList ?? ((value) => value instanceof net.BlockList);

// Returns null, or { request, host, several, dialled, lookup, blockList }: `host` as the program
// wrote it, `dialled` where it is an address, `lookup` where JavaScript is to resolve the name,
// `blockList` where it is to judge the addresses.
function planConnect(options) {
  if (asksForNodes(options)) return null;
  if (options.path) return planPath(options);

  const host = options.host || 'localhost';
  const resolved = planHost(host);
  const port = planPort(options.port);
  const family = FAMILIES.get(options.family);
  const hints = options.hints || 0;
  if (resolved === null || port === null || family === undefined) return null;
  if (!Number.isInteger(hints) || (hints & ~HINTS) !== 0) return null;

  const { localAddress, localPort, lookup, blockList = null } = options;
  if (localAddress && !(net.isIP(localAddress) && !localAddress.includes('%'))) return null;
  if (localPort && !isPort(localPort)) return null;
  if (lookup !== undefined && lookup !== null && typeof lookup !== 'function') return null;
  if (blockList !== null && !isBlockList(blockList)) return null;

  const delay = planAttemptDelay(options);
  if (delay === null) return null;
  const literal = net.isIP(host) !== 0;
  const several = !literal && delay > 0 && family === 0 && !localAddress;

  const request = {
    ...(literal ? { addresses: [host] } : { host: resolved }),
    port,
    family,
    hints: hints === 0 && family === 0 && process.platform !== 'win32' ? dns.ADDRCONFIG : hints,
    order: dns.getDefaultResultOrder(),
    localPort: localPort || 0,
    ...socketOptions(options),
  };
  if (localAddress) request.localAddress = localAddress;
  if (several) request.attemptDelay = delay;
  const resolver = lookup ?? (blockList || isLookupReplaced() ? dns.lookup : null);
  return {
    request,
    host,
    several,
    dialled: literal ? host : null,
    lookup: literal ? null : resolver,
    blockList,
  };
}

function asksForNodes(options) {
  return NODE_ONLY.some((name) => options[name] !== undefined && options[name] !== null);
}

// Whether it is for its address that there is no plan: with a zone or in need of one, a named pipe
// of Windows, a path that is too long for a sockaddr_un everywhere.
function isNodesAddress(options) {
  if (asksForNodes(options)) return false;
  const { path, host } = options;
  if (path) return typeof path === 'string' && planPath({ path }) === null;
  return typeof host === 'string' && (host.includes('%') || LINK_LOCAL.test(host));
}

function planPath(options) {
  const { path } = options;
  if (typeof path !== 'string' || path.includes('\0')) return null;
  if (Buffer.byteLength(path) > PATH_MAX_BYTES || process.platform === 'win32') return null;
  const request = {
    path,
    port: 0,
    family: 0,
    hints: 0,
    order: 'verbatim',
    localPort: 0,
    ...socketOptions(options),
  };
  return { request, host: null, several: false, dialled: path, lookup: null, blockList: null };
}

function socketOptions(options) {
  return {
    noDelay: Boolean(options.noDelay),
    keepAlive: Boolean(options.keepAlive),
    keepAliveSecs: Math.max(0, ~~(options.keepAliveInitialDelay / 1000)),
  };
}

// The host as the resolver takes it. What is no plain name or address is left to Node: a zone
// ('%eth0') and what needs one, what is too long, and letters that come to an address.
function planHost(host) {
  if (typeof host !== 'string' || host.length > HOST_MAX_CHARS) return null;
  if (LINK_LOCAL.test(host)) return null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (/^[\x01-\x7f]+$/.test(host)) return host.includes('%') ? null : host;
  const ascii = LETTERS.test(host) ? domainToASCII(host) : '';
  return ascii === '' || ascii.length > HOST_MAX_CHARS || net.isIP(ascii) ? null : ascii;
}

function planPort(port) {
  if (typeof port === 'string' ? port.trim() === '' : typeof port !== 'number') return null;
  return isPort(+port) ? +port : null;
}

function isPort(port) {
  return Number.isInteger(port) && port >= 0 && port <= PORT_MAX;
}

// Milliseconds between attempts, 0 for a single one, null for a wrong option.
function planAttemptDelay({ autoSelectFamily, autoSelectFamilyAttemptTimeout: delay }) {
  autoSelectFamily ??= net.getDefaultAutoSelectFamily();
  if (typeof autoSelectFamily !== 'boolean') return null;
  delay ??= net.getDefaultAutoSelectFamilyAttemptTimeout();
  if (!Number.isInteger(delay) || delay < 1 || delay > 0x7fffffff) return null;
  return autoSelectFamily ? Math.max(delay, ATTEMPT_DELAY_MIN_MS) : 0;
}

module.exports = { isNodesAddress, planConnect };
