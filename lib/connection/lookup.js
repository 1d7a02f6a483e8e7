'use strict';

// Where JavaScript has a say in the addresses: a program's own `lookup` function and `blockList`,
// called and obeyed as net.connect() does; and the listeners that hear of an address before it is
// used.

const { isIP } = require('node:net');

const errors = require('../errors/node-errors');
const { nextTick } = require('../node/originals');

// Whether listeners of the program have heard of the socket's addresses.
const kJudged = Symbol('judged');
// Marks a listener that is not the program's.
const kOwn = Symbol("oxagent's own");

// `begin(request)` goes on once the addresses are known.
function lookUp(socket, plan, begin) {
  if (plan.lookup === null) {
    judge(socket, plan, [{ address: plan.host, family: isIP(plan.host) }], begin);
    return;
  }
  const { family, hints } = plan.request;
  const options = { family: family || undefined, hints };
  if (plan.several) options.all = true;
  // However often the program's function answers, one connection is made.
  let begun = false;
  const beginOnce = (request) => {
    if (begun) return;
    begun = true;
    begin(request);
  };
  plan.lookup(plan.host, options, (error, address, answeredFamily) => {
    const answers =
      plan.several && Array.isArray(address)
        ? address.map((one) => one ?? {})
        : [{ address, family: answeredFamily }];
    answer(socket, plan, error, answers, beginOnce);
  });
}

function answer(socket, plan, error, answers, begin) {
  if (!socket.connecting) return;
  if (error) {
    socket.emit('lookup', error, undefined, undefined, plan.host);
    fail(socket, error);
    return;
  }
  for (const { address, family } of answers) {
    tell(socket, 'lookup', null, address, family, plan.host);
    if (!socket.connecting) return;
  }
  const usable = answers.filter((one) => !invalid(one, plan));
  if (usable.length === 0) {
    fail(socket, invalid(answers[0] ?? {}, plan));
    return;
  }
  socket._unrefTimer();
  judge(socket, plan, usable, begin);
}

function judge(socket, plan, answers, begin) {
  const { blockList, several } = plan;
  const allowed = answers.filter((one) => !blockList?.check(one.address, `ipv${one.family}`));
  if (allowed.length === 0) {
    const blocked = answers.map(({ address }) => errors.ipBlocked(address));
    fail(socket, several && blocked.length > 1 ? errors.aggregateException(blocked) : blocked[0]);
    return;
  }
  const { host, ...request } = plan.request;
  const tried = several ? allowed : allowed.slice(0, 1);
  if (!several) plan.dialled = tried[0].address;
  begin({ ...request, addresses: tried.map(({ address }) => address) });
}

function invalid({ address, family }, { host, request }) {
  if (typeof address !== 'string' || !isIP(address)) return errors.invalidIpAddress(address);
  if (family !== 4 && family !== 6) return errors.invalidAddressFamily(family, host, request.port);
  return null;
}

// The socket may have no listeners yet: a lookup may answer at once.
function fail(socket, error) {
  nextTick(() => socket.destroy(error));
}

// Emits what a listener may answer by destroying the socket. One that throws has not approved:
// nothing is sent, and as nobody would ever end the socket it ends here.
function tell(socket, event, ...args) {
  if (socket.listenerCount(event) > 0) {
    socket[kJudged] ||= socket.listeners(event).some((listener) => !listener[kOwn]);
  }
  let told = false;
  try {
    socket.emit(event, ...args);
    told = true;
  } finally {
    if (!told) socket.destroy();
  }
}

// An option by which a connection is made to the address that a socket is connected to: when its
// name is looked up again it might be another's. A link-local address is none without its zone,
// which is not known here.
function sameAddress({ _peername: known }) {
  if (!known || /^fe[89ab]/i.test(known.address)) return undefined;
  const family = isIP(known.address);
  // Not before there can be listeners of 'lookup'.
  const lookup = (_host, { all }, callback) => {
    const answer = all ? [{ address: known.address, family }] : known.address;
    nextTick(callback, null, answer, family);
  };
  return { lookup };
}

module.exports = { kJudged, kOwn, lookUp, sameAddress, tell };
