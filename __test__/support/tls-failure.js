'use strict';

// A request that fails, seen from outside: the error field by field, the events in their order,
// and what the agent still holds. Two agents are compared by what they show for the same server.

const assert = require('node:assert');
const { getSecure, httpsAgentWith, nodeAgentWith } = require('./https-agent');

const SOCKET_EVENTS = ['connect', 'secureConnect', 'timeout', 'end', 'error'];

/**
 * What a program sees of a request that `start` makes, given when request and socket are closed.
 */
function observe(agent, options, start = getSecure) {
  return new Promise((resolve) => {
    const seen = { events: [], error: undefined, socket: undefined };
    let open = 1;
    const closed = () => {
      if (--open === 0) resolve(seen);
    };
    const req = start({ ...options, agent });
    req.on('socket', (socket) => {
      open++;
      seen.socket = socket;
      for (const name of SOCKET_EVENTS) {
        socket.on(name, () => seen.events.push(`socket ${name}`));
      }
      socket.on('close', (hadError) => {
        seen.events.push(`socket close ${hadError}`);
        closed();
      });
    });
    req.on('response', (res) => {
      seen.events.push('response');
      res.on('error', (error) => seen.events.push(`response error ${error.code}`));
      res.on('end', () => seen.events.push('response end'));
      res.resume();
    });
    req.on('error', (error) => {
      seen.events.push('error');
      seen.error ??= error;
    });
    req.on('close', () => {
      seen.events.push('close');
      closed();
    });
  });
}

/** An error as plain fields, without what differs from thread to thread and build to build. */
function fields(error) {
  const own = {};
  for (const name of Object.getOwnPropertyNames(error)) {
    if (name !== 'stack') own[name] = error[name];
  }
  return { ...own, name: error.name, message: plain(error.message) };
}

// OpenSSL's own text: thread:error:number:library:function:reason:file:line:detail. The thread,
// the function and the place in its source are no part of what a program can rely on.
function plain(message) {
  return message.replace(
    /[0-9A-F]+:error:([0-9A-F]+):([^:]*):[^:]*:([^:]*):[^:]*:\d+:/g,
    'error:$1:$2:$3:',
  );
}

/** Nothing of a connection is left in the agent. */
function assertIdle(agent) {
  assert.deepStrictEqual(Object.keys(agent.sockets), []);
  assert.deepStrictEqual(Object.keys(agent.freeSockets), []);
  assert.deepStrictEqual(Object.keys(agent.requests), []);
  assert.strictEqual(agent.totalSocketCount, 0);
}

/**
 * Makes the same failing request through Node's own agent and through the agent under test, and
 * gives what both showed: the same error, after the same events.
 */
async function sameFailure(port, agentOptions, { start, request, code } = {}) {
  const options = { ...request, port };
  const node = nodeAgentWith(agentOptions);
  const expected = await observe(node, options, start);
  const agent = httpsAgentWith(agentOptions);
  const seen = await observe(agent, options, start);
  assert.ok(expected.error, 'the request through Node has failed');
  if (code) assert.strictEqual(expected.error.code, code);
  assert.ok(seen.error, 'the request has failed');
  assert.deepStrictEqual(fields(seen.error), fields(expected.error));
  assert.ok(seen.error instanceof Error);
  assert.deepStrictEqual(seen.events, expected.events);
  assertIdle(agent);
  return { seen, expected };
}

module.exports = { assertIdle, fields, observe, sameFailure };
