'use strict';

// Servers that close each kept connection after one answer: the oldest complaint about agents.

const path = require('node:path');

const { Child } = require('../ipc');
const { describeFailed } = require('./outcomes');
const { measureIn } = require('./processes');

const SERVER = path.join(__dirname, 'servers', 'closing.js');

// For 20,000 requests and all their connections, on a machine that has other work too.
const DEADLINE_MS = 120_000;

// When it closes a connection. What comes on it until then is answered in the second way alone.
const WHEN = ['with the answer', 'within 5 ms', 'on the next request'];

function waysOver(secure) {
  return ['FIN', 'RST'].flatMap((how) =>
    WHEN.map((when) => ({
      name: `${secure ? 'https' : 'http'}, ${how} ${when}`,
      secure,
      how,
      when,
    })),
  );
}

async function measure(client, { secure, how, when }, { requests, seed }) {
  const server = new Child(SERVER, {
    label: 'the closing server',
    args: [JSON.stringify({ secure, how, when, seed })],
  });
  try {
    const site = await server.ask('ready');
    const figures = await measureIn(
      'close',
      client,
      { ...site, secure, requests },
      { deadlineMs: DEADLINE_MS },
    );
    return { ...figures, ...(await server.ask('seen')) };
  } finally {
    await server.end();
  }
}

function broken({ gets, mixed, postsTwice }) {
  const said = [];
  const failed = gets.failed + mixed.gets.failed;
  if (failed > 0) {
    const codes = [gets, mixed.gets].map(describeFailed).join('; among POSTs ');
    said.push(`${failed} GETs failed: ${codes}`);
  }
  if (postsTwice > 0) said.push(`${postsTwice} POSTs reached the server twice`);
  return said;
}

module.exports = {
  name: 'close',
  summary:
    'a server closes each connection after an answer; 50 GETs at once, then POSTs among them',
  promise: 'no GET fails, and no POST reaches the server twice',
  requests: 20_000,
  ways: [...waysOver(false), ...waysOver(true)],
  measure,
  broken,
  columns: [
    { head: 'GETs answered', of: ({ gets }) => gets.answered },
    { head: 'GETs failed', of: ({ gets }) => describeFailed(gets) },
    { head: 'replays', of: (f) => f.replays },
    { head: 's', of: (f) => f.seconds, digits: 1 },
    { head: 'mixed: GETs failed', of: ({ mixed }) => describeFailed(mixed.gets) },
    {
      head: 'POSTs failed',
      of: ({ mixed: { posts } }) => `${posts.failed} of ${posts.answered + posts.failed}`,
    },
    { head: 'POSTs twice', of: (f) => f.postsTwice },
    { head: 'connections in all', of: (f) => f.connections },
  ],
};
