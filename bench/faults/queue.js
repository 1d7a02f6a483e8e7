'use strict';

// Far more requests than sockets.

const { describeFailed } = require('./outcomes');
const { measureIn, withServer } = require('./processes');

const MAX_SOCKETS = 100;
const DEADLINE_MS = 60_000;

function measure(client, { secure }, { requests }) {
  return withServer(['node'], { secure }, async (server) => {
    const { port, ca } = server;
    const settings = { secure, port, ca, requests, maxSockets: MAX_SOCKETS };
    const figures = await measureIn('queue', client, settings, { deadlineMs: DEADLINE_MS });
    return { ...figures, connections: await server.connections() };
  });
}

function broken({ outcomes, connections, mostSockets, left }) {
  const said = [];
  if (outcomes.failed > 0) said.push(`requests failed: ${describeFailed(outcomes)}`);
  if (connections > MAX_SOCKETS) said.push(`${connections} connections were opened`);
  if (mostSockets > MAX_SOCKETS) said.push(`the agent had ${mostSockets} sockets`);
  for (const [what, count] of Object.entries(left)) {
    if (count > 0) said.push(`${count} ${what} are left after destroy()`);
  }
  return said;
}

module.exports = {
  name: 'queue',
  summary: `all requests at once behind maxSockets: ${MAX_SOCKETS}`,
  promise: `all are answered, over ${MAX_SOCKETS} connections at most, and destroy() leaves nothing`,
  requests: 10_000,
  ways: [
    { name: 'http', secure: false },
    { name: 'https', secure: true },
  ],
  measure,
  broken,
  columns: [
    { head: 'answered', of: ({ outcomes }) => outcomes.answered },
    { head: 'failed', of: ({ outcomes }) => describeFailed(outcomes) },
    { head: 'queued', of: (f) => f.queued },
    { head: 'most sockets', of: (f) => f.mostSockets },
    { head: 'connections', of: (f) => f.connections },
    { head: 'left', of: ({ left }) => Object.values(left).reduce((sum, count) => sum + count, 0) },
    { head: 's', of: (f) => f.seconds, digits: 2 },
  ],
};
