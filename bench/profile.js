'use strict';

// One client in this very process, for `node --cpu-prof` and the like.

const { openSession } = require('./sessions');

async function profile(
  row,
  { server, more },
  { scenario, steps, insecure, warmupSeconds, seconds },
) {
  Object.assign(process.env, row.env);
  const library = row.load(scenario);
  const { port, ca } = server;
  const [step] = steps;
  const session = openSession(library, { scenario, port, ca, more, insecure, ...step });
  await session.warmUp(warmupSeconds);
  const figures = await session.measure(seconds);
  await session.close();
  return { name: row.name, version: library.version, ...step, ...figures };
}

module.exports = { profile };
