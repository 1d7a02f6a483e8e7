'use strict';

// Starts the server of a run: nginx where it is installed, because a server in Node would itself be
// the bottleneck, and Node's own otherwise.

const fs = require('node:fs');
const path = require('node:path');

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
  return null;
}

async function launch(kind, settings) {
  const child = new Child(path.join(__dirname, 'servers', `${kind}.js`), {
    label: `the ${kind} server`,
    args: [JSON.stringify(settings)],
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

// `kind` undefined means: the best there is. `settings` are a scenario's `server`, and `secure` for
// TLS.
async function startServer(kind, settings, notice) {
  if (kind !== 'node') {
    const binary = findNginx();
    if (binary !== null) {
      try {
        return await launch('nginx', { ...settings, binary });
      } catch (error) {
        if (kind === 'nginx') throw error;
        notice(`nginx does not start (${error.message}); Node's own server takes its place`);
      }
    } else if (kind === 'nginx') {
      throw new Error('nginx is not installed');
    } else {
      notice(
        "nginx is not installed; Node's own server takes its place, and may be the bottleneck",
      );
    }
  }
  return launch('node', settings);
}

module.exports = { startServer };
