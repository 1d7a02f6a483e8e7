'use strict';

// One client in this very process, for `node --cpu-prof` and the like.

const { openSession } = require('./sessions');

async function profile(row, server, { scenario, at, warmupSeconds, seconds }) {
  const library = row.load(scenario);
  const { port, ca } = server;
  const session = openSession(library, { scenario, port, ca, at: at[0] });
  await session.warmUp(warmupSeconds);
  const figures = await session.measure(seconds);
  await session.close();
  return { name: row.name, version: library.version, at: at[0], ...figures };
}

module.exports = { profile };
