'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');

/**
 * Runs programs/<name>.js, with its settings as JSON in its last argument: a process that no
 * channel to its parent holds, or ends. Resolves with how and when it ended, on the clock of
 * process.hrtime.bigint(), which is that of all processes; after the deadline it is killed.
 */
function runProgram(name, settings, deadlineMs) {
  const file = path.join(__dirname, 'programs', `${name}.js`);
  const child = spawn(process.execPath, [file, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    let stdout = '';
    let endedAt;
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.on('error', reject);
    child.on('exit', () => {
      endedAt = process.hrtime.bigint();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, endedAt });
    });
  });
}

module.exports = { runProgram };
