'use strict';

// Starts the server of a run: of those that the scenario names, the first that is to be had. Node's
// own is always there, and the last: it would itself be the bottleneck.

const fs = require('node:fs');
const path = require('node:path');

const { buildHyper } = require('./build-hyper');
const { Child } = require('./ipc');

// Distributions put nginx where only root's PATH looks.
const EXTRA_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin'];

function findNginx() {
  const directories = (process.env.PATH ?? '').split(path.delimiter).concat(EXTRA_DIRECTORIES);
  for (const directory of directories) {
    const candidate = path.join(directory, 'nginx');
    try {
      fs.accessSync(candidate, fs.constants.X_OK);
      if (directory !== '') return candidate;
    } catch {
      // Not there.
    }
  }
  throw new Error('it is not installed');
}

// What each is called in a notice, and how its program is found; Node itself needs none.
const KINDS = {
  hyper: { title: 'the server with hyper', program: buildHyper },
  nginx: { title: 'nginx', program: findNginx },
  node: { title: "Node's own server", program: () => undefined },
};

async function launch(kind, settings) {
  const binary = KINDS[kind].program();
  const child = new Child(path.join(__dirname, 'servers', `${kind}.js`), {
    label: `the ${kind} server`,
    args: [JSON.stringify({ ...settings, binary })],
  });
  try {
    const { port, ca, name, version } = await child.ask('ready');
    return {
      port,
      ca,
      name,
      version,
      connections: () => child.ask('connections'),
      cpuMicros: () => child.ask('cpuMicros'),
      end: () => child.end(),
    };
  } catch (error) {
    await child.end();
    throw error;
  }
}

/**
 * `kinds` are those that will do, the best first; `settings` what the server is to hold,
 * `largeBytes` and `secure`. `notice` is told why it is not the best. Throws where none of them
 * starts.
 */
async function startServer(kinds, settings, notice) {
  const [kind, ...others] = kinds;
  try {
    return await launch(kind, settings);
  } catch (error) {
    const why = `${KINDS[kind].title} does not start: ${error.message}`;
    if (others.length === 0) throw new Error(why);
    notice(`${why}; ${KINDS[others[0]].title} takes its place, and may be the bottleneck`);
    return startServer(others, settings, notice);
  }
}

module.exports = { startServer };
