'use strict';

// Which files of Node's suite are run, and what each one asks for in its head.

const fs = require('node:fs');
const path = require('node:path');

const HTTP = /^test-https?-.*\.m?js$/;
const HTTP_AGENT = /^test-.*http-agent.*\.m?js$/;
const ANY = /^test-.*\.m?js$/;

// `alone`: its files take fixed ports, or load the machine.
const FOLDERS = [
  { folder: 'parallel', names: [HTTP, HTTP_AGENT], alone: false },
  { folder: 'async-hooks', names: [ANY], alone: false },
  { folder: 'client-proxy', names: [HTTP], alone: false },
  { folder: 'sequential', names: [HTTP, HTTP_AGENT], alone: true },
];

function readSuite(tests, only) {
  const files = [];
  for (const { folder, names, alone } of FOLDERS) {
    const directory = path.join(tests, folder);
    // Older lines of Node have no client-proxy.
    if (!fs.existsSync(directory)) continue;
    for (const name of fs.readdirSync(directory).sort()) {
      const id = `${folder}/${name}`;
      if (!names.some((pattern) => pattern.test(name)) || !only.test(id)) continue;
      files.push({ id, file: path.join(directory, name), alone, ...readHead(directory, name) });
    }
  }
  return files;
}

// `// Flags: --expose-gc` and `// Env: NAME=value`, as Node's own runner reads them.
function readHead(directory, name) {
  const source = fs.readFileSync(path.join(directory, name), 'utf8');
  const words = (key) =>
    [...source.matchAll(new RegExp(`^//\\s*${key}:\\s*(.*)$`, 'gm'))].flatMap(([, text]) =>
      text.trim().split(/\s+/),
    );
  const env = words('Env').map((word) => {
    const [variable, ...value] = word.split('=');
    return [variable, value.join('=')];
  });
  return { flags: words('Flags'), env: Object.fromEntries(env) };
}

module.exports = { readSuite };
