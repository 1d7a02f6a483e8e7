'use strict';

// Errors as Node makes them: same codes, fields and messages.

const { format, getSystemErrorName, inspect } = require('node:util');

function withFields(error, fields) {
  return Object.assign(error, fields);
}

// net and stream failures: `read ECONNRESET`.
function errnoException(errno, syscall) {
  const code = getSystemErrorName(errno);
  return withFields(new Error(`${syscall} ${code}`), { errno, code, syscall });
}

// The system gives no socket, so that it has no near end. Node's message names that all the same.
const NO_SOCKET = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'EAFNOSUPPORT', 'EPROTONOSUPPORT']);

// `connect ECONNREFUSED 127.0.0.1:80`, `bind EADDRINUSE 127.0.0.1:1234`, `connect ENOENT /path`.
// `bound` is the near end that the program asked for.
function connectException(failure, bound) {
  const { errno, syscall, endpoint } = failure;
  const local = failure.local ?? bound;
  const code = getSystemErrorName(errno);
  const { address, port } = endpoint ?? {};
  let message = `${syscall} ${code} ${address}`;
  if (port) message += `:${port}`;
  if (local) message += ` - Local (${local.address}:${local.port})`;
  else if (port && isWithoutSocket(code, syscall)) message += ' - Local (undefined:undefined)';
  const error = withFields(new Error(message), { errno, code, syscall, address });
  if (port) error.port = port;
  if (bound && !failure.local) {
    withFields(error, { localAddress: bound.address, localPort: bound.port });
  }
  return error;
}

function isWithoutSocket(code, syscall) {
  return syscall === 'connect' && NO_SOCKET.has(code);
}

// Node's name for what the resolver answers when there is no such name or no address for it.
const NOT_FOUND = new Set(['EAI_NODATA', 'EAI_NONAME']);

function lookupException(errno, hostname) {
  const name = getSystemErrorName(errno);
  const code = NOT_FOUND.has(name) ? 'ENOTFOUND' : name;
  const message = `getaddrinfo ${code} ${hostname}`;
  return withFields(new Error(message), { errno, code, syscall: 'getaddrinfo', hostname });
}

// All addresses of a name failed.
function aggregateException(errors) {
  return withFields(new AggregateError(errors), { code: errors[0]?.code });
}

function coded(Base, code, message, fields) {
  const error = withFields(new Base(message), { code, ...fields });
  // Node's errors name their code in the stack, not in `name`.
  const { name } = error;
  error.name = `${name} [${code}]`;
  void error.stack;
  delete error.name;
  return error;
}

const socketClosed = () => coded(Error, 'ERR_SOCKET_CLOSED', 'Socket is closed');

const socketClosedBeforeConnection = () =>
  coded(
    Error,
    'ERR_SOCKET_CLOSED_BEFORE_CONNECTION',
    'Socket closed before the connection was established',
  );

const invalidIpAddress = (address) =>
  coded(TypeError, 'ERR_INVALID_IP_ADDRESS', format('Invalid IP address: %s', address));

const invalidAddressFamily = (family, host, port) =>
  coded(
    RangeError,
    'ERR_INVALID_ADDRESS_FAMILY',
    format('Invalid address family: %s %s:%s', family, host, port),
    { host, port },
  );

const ipBlocked = (address) =>
  coded(Error, 'ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`);

const invalidHandleType = () =>
  coded(TypeError, 'ERR_INVALID_HANDLE_TYPE', 'This handle type cannot be sent');

const alreadyConnected = () =>
  coded(Error, 'ERR_INVALID_STATE', "Invalid state: an agent's socket is connected by its agent");

const noRenegotiation = () =>
  coded(
    Error,
    'ERR_TLS_RENEGOTIATION_UNSUPPORTED',
    'TLS session renegotiation is unsupported by this TLS implementation',
  );

const ioPanic = () =>
  coded(
    Error,
    'OXAGENT_IO_PANIC',
    'The I/O thread panicked, which is a fault of oxagent. The connection is lost',
  );

const keyingMaterialRefused = () =>
  coded(Error, 'ERR_CRYPTO_OPERATION_FAILED', 'Operation failed: keying material of this length');

const invalidTransport = (value) =>
  coded(
    TypeError,
    'ERR_INVALID_ARG_VALUE',
    `The property 'options.transport' must be one of: 'auto', 'rustls', 'node'. Received ${inspect(value)}`,
  );

const invalidEnvironment = (variable, problem) =>
  coded(TypeError, 'ERR_INVALID_ARG_VALUE', `The environment variable ${variable} ${problem}`);

const notServedByRustls = (name) =>
  coded(
    TypeError,
    'ERR_INVALID_ARG_VALUE',
    `The property 'options.transport' is 'rustls', which cannot serve ${name}`,
  );

// `name` is the option's.
const invalidArgType = (name, type, value) =>
  coded(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The "${name}" argument must be of type ${type}.${received(value)}`,
  );

const outOfRange = (name, range, value) =>
  coded(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${withUnderscores(value)}`,
  );

const socketHangUp = () => withFields(new Error('socket hang up'), { code: 'ECONNRESET' });

const SHOWN_MAX_CHARS = 28;
const CUT_CHARS = 25;

// What Node says of an argument of a wrong type.
function received(value) {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === 'function') return ` Received function ${value.name}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return ` Received ${name ? `an instance of ${name}` : inspect(value, { depth: -1 })}`;
  }
  return ` Received type ${typeof value} (${inspect(shortened(value))})`;
}

function shortened(value) {
  const isLong = typeof value === 'string' && value.length > SHOWN_MAX_CHARS;
  return isLong ? `${value.slice(0, CUT_CHARS)}...` : value;
}

// Node marks the thousands of large integers.
function withUnderscores(value) {
  const isLarge = Number.isInteger(value) && Math.abs(value) > 2 ** 32;
  return isLarge ? String(value).replace(/\B(?=(\d{3})+$)/g, '_') : inspect(value);
}

const invalidHostHeader = (value) =>
  coded(
    TypeError,
    'ERR_INVALID_ARG_TYPE',
    `The "options.headers.host" property must be of type string.${received(value)}`,
  );

module.exports = {
  aggregateException,
  alreadyConnected,
  coded,
  connectException,
  errnoException,
  invalidAddressFamily,
  invalidArgType,
  invalidEnvironment,
  invalidHandleType,
  invalidHostHeader,
  invalidIpAddress,
  invalidTransport,
  ioPanic,
  ipBlocked,
  keyingMaterialRefused,
  lookupException,
  noRenegotiation,
  notServedByRustls,
  outOfRange,
  socketClosed,
  socketClosedBeforeConnection,
  socketHangUp,
};
