'use strict';

// A program's own `lookup` function, called and obeyed as net.connect() does.

const { isIP } = require('node:net');

const { invalidAddressFamily, invalidIpAddress } = require('./errors');

function lookUp(socket, plan) {
  const { family, hints } = plan.request;
  const options = { family: family || undefined, hints };
  if (plan.several) options.all = true;
  plan.lookup(plan.host, options, (error, address, answeredFamily) => {
    const answers =
      plan.several && Array.isArray(address) ? address : [{ address, family: answeredFamily }];
    answer(socket, plan, error, answers);
  });
}

function answer(socket, plan, error, answers) {
  if (!socket.connecting) return;
  if (error) {
    socket.emit('lookup', error, undefined, undefined, plan.host);
    fail(socket, error);
    return;
  }
  for (const { address, family } of answers) {
    socket.emit('lookup', null, address, family, plan.host);
    if (!socket.connecting) return;
  }
  const usable = plan.several
    ? answers.filter(({ address, family }) => isIP(address) && (family === 4 || family === 6))
    : answers;
  const wrong = usable.length === 0 ? answers[0] : usable.find((one) => invalid(one, plan));
  if (usable.length === 0 || wrong) {
    fail(socket, invalid(wrong ?? {}, plan));
    return;
  }
  socket._unrefTimer();
  const { host, ...request } = plan.request;
  socket.begin({ ...request, addresses: usable.map(({ address }) => address) });
}

function invalid({ address, family }, { host, request }) {
  if (typeof address !== 'string' || !isIP(address)) return invalidIpAddress(address);
  if (family !== 4 && family !== 6) return invalidAddressFamily(family, host, request.port);
  return null;
}

// The socket may have no listeners yet: a lookup may answer at once.
function fail(socket, error) {
  process.nextTick(() => socket.destroy(error));
}

module.exports = { lookUp };
