'use strict';

// lib/ is cut into rooms, and the requires between them run one way. CONTRIBUTING.md has the table
// of what each room may require; this reads it there and ends non-zero on any require that the
// table does not have. An arrow of the table that no file needs any more fails too, and so does what
// only lib/node may know.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const TABLE = 'CONTRIBUTING.md';

// Of the table: | `lib/agent/` | what it is | `pool`, `socket` |
const ROW = /^\| `(lib\/[\w-]+|\w+\.js)\/?` \|.*\|([^|]*)\|$/;

const REQUIRE = /\b(?:require(?:\.resolve)?|import)\(\s*(['"`])(\.[^'"`]*)\1/g;
const COMMENT = /(?<=^\s*)(?:\/\/|\/\*|\*).*/gm;

// A room is for its own files alone. What is outside of all rooms and may be required:
const OUTSIDE = new Set(['package.json']);

// Of Node's inside; an underscored method is what a class overrides, or calls on itself.
const KNOWS_NODE = 'lib/node';
const INSIDE = [
  [/\._(?!(?:agentKey|cacheSession|sessionCache)\b)\w+\b(?!\()/g, 'a private field'],
  [/\bgetOwnPropertySymbols\b/g, 'private symbols'],
  [/\bFunction\.prototype\.toString\b|\bisNodesOwn\b/g, "a function's source"],
  [/(['"`])node:_\w+\1/g, 'a private module'],
];

/** By room, the rooms that it may require, in the order of the table. */
function readTable(text) {
  const rooms = new Map();
  for (const line of text.split('\n')) {
    const [, room, allowed] = ROW.exec(line) ?? [];
    if (room === undefined) continue;
    const names = [...allowed.matchAll(/`([\w-]+)`/g)].map(([, name]) => `lib/${name}`);
    rooms.set(room, new Set(names));
  }
  return rooms;
}

/** What is wrong with the table itself: each room may require those below it. */
function faultsOfTable(rooms) {
  const names = [...rooms.keys()];
  const faults = [];
  for (const [room, allowed] of rooms) {
    for (const other of allowed) {
      const isBelow = names.indexOf(other) > names.indexOf(room);
      if (!isBelow) faults.push(`${TABLE}: ${room} may require ${other}, which is not below it`);
    }
  }
  return faults;
}

/** `lib/agent` of lib/agent/agent.js; a file outside lib/ is a room of its own. */
function roomOf(file) {
  return file.startsWith('lib/') ? path.posix.dirname(file) : file;
}

/** The requires of a file that lead out of its room: { line, text, room } of each. */
function arrowsOf(file, source) {
  const arrows = [];
  const code = source.replace(COMMENT, '');
  for (const match of code.matchAll(REQUIRE)) {
    const [, , text] = match;
    const line = lineAt(code, match.index);
    const room = roomOf(path.posix.join(path.posix.dirname(file), text));
    if (room !== roomOf(file)) arrows.push({ line, text, room });
  }
  return arrows;
}

/** What of Node's inside a file names: { line, text, what } of each. */
function insideOf(source) {
  const code = source.replace(COMMENT, '');
  return INSIDE.flatMap(([pattern, what]) =>
    [...code.matchAll(pattern)].map(({ 0: text, index }) => ({
      line: lineAt(code, index),
      text,
      what,
    })),
  );
}

function lineAt(code, index) {
  return code.slice(0, index).split('\n').length;
}

/** The faults of files, { name: source }, that are to keep to the table. */
function faultsOf(rooms, files) {
  const faults = faultsOfTable(rooms);
  const seen = new Set();
  for (const [file, source] of Object.entries(files)) {
    const room = roomOf(file);
    const allowed = rooms.get(room);
    if (allowed === undefined) {
      faults.push(`${file}: no room of this name is in ${TABLE}`);
      continue;
    }
    seen.add(room);
    for (const { line, text, room: other } of arrowsOf(file, source)) {
      seen.add(`${room} ${other}`);
      if (allowed.has(other) || OUTSIDE.has(other)) continue;
      faults.push(`${file}:${line}: \`${text}\`: ${room} may not require ${other}`);
    }
  }
  for (const [file, source] of Object.entries(files)) {
    if (roomOf(file) === KNOWS_NODE) continue;
    for (const { line, text, what } of insideOf(source)) {
      faults.push(`${file}:${line}: \`${text}\` (${what}) is for ${KNOWS_NODE} alone`);
    }
  }
  for (const [room, allowed] of rooms) {
    if (!seen.has(room)) faults.push(`${TABLE}: ${room} is not there`);
    for (const other of allowed) {
      if (seen.has(room) && !seen.has(`${room} ${other}`)) {
        faults.push(`${TABLE}: ${room} may require ${other}, and does not`);
      }
    }
  }
  return faults;
}

/** A check that can't fail proves nothing: it must see what it is for, and only that. */
function checkTheCheck() {
  const table = [
    '| Room | What it is | May require |',
    '|---|---|---|',
    '| `main.js` | the face | `top` |',
    '| `lib/top/` | above | `below` |',
    '| `lib/below/` | the ground | |',
  ].join('\n');
  const good = {
    'main.js': "const { a } = require('./lib/top/a');",
    'lib/top/a.js': "const { b } = require('./b');\nconst { c } = require('../below/c');",
    'lib/top/b.js': "const { version } = require('../../package.json');",
    'lib/below/c.js': "// as in require('../top/a')\nconst fs = require('node:fs');",
  };
  const faults = (changed, text = table) => faultsOf(readTable(text), { ...good, ...changed });

  assert.deepEqual(faults({}), []);
  for (const code of [
    "const { a } = require('../top/a');",
    "const load = () => require('../top/a');",
    'const { a } = require("../top/a.js");',
    "const file = require.resolve('../top/a');",
    "const loading = import('../top/a.js');",
    "const {\n  a,\n} = require(\n  '../top/a',\n);",
  ]) {
    const [fault, ...others] = faults({ 'lib/below/c.js': code });
    assert.match(fault, /^lib\/below\/c\.js:\d: .* lib\/below may not require lib\/top$/, code);
    assert.deepEqual(others, []);
  }
  assert.equal(faults({ 'lib/below/c.js': "require('../../main');" }).length, 1, 'the face');
  assert.equal(faults({ 'main.js': "require('./lib/below/c');" }).length, 2, 'past a room');
  assert.equal(faults({ 'lib/d.js': '' }).length, 1, 'a file in no room');
  assert.equal(faults({ 'lib/other/d.js': '' }).length, 1, 'a room that is not in the table');
  assert.equal(faults({ 'lib/top/a.js': '' }).length, 1, 'an arrow that nobody needs');
  for (const code of [
    'socket._peername = null;',
    'const { address } = this._peername;',
    'Object.getOwnPropertySymbols(socket);',
    "isNodesOwn(connect, 'phrase');",
    'Function.prototype.toString.call(connect);',
    "const http = require('node:_http_agent');",
  ]) {
    assert.equal(faults({ 'lib/below/c.js': code }).length, 1, code);
    assert.deepEqual(insideOf(`// ${code}`), []);
  }
  assert.deepEqual(insideOf('this._read();\nsuper._destroy(error, callback);'), []);
  const gone = '| `lib/gone/` | nothing | |';
  assert.equal(faults({}, `${table}\n${gone}`).length, 1, 'a room that is gone');
  const cycle = table.replace('the ground | |', 'the ground | `top` |');
  const both = { 'lib/below/c.js': "require('../top/a');" };
  assert.equal(faults(both, cycle).length, 1, 'a cycle in the table');
}

/** The files that the table is about, by their names with slashes. */
function readFiles(rooms) {
  const inLib = fs
    .readdirSync(path.join(ROOT, 'lib'), { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .map((file) => `lib/${file.split(path.sep).join('/')}`);
  const others = [...rooms.keys()].filter((room) => room.endsWith('.js'));
  const read = (file) => [file, fs.readFileSync(path.join(ROOT, file), 'utf8')];
  return Object.fromEntries([...others, ...inLib].map(read));
}

checkTheCheck();
const rooms = readTable(fs.readFileSync(path.join(ROOT, TABLE), 'utf8'));
const files = readFiles(rooms);
const faults = faultsOf(rooms, files);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(`rooms: ${Object.keys(files).length} files in ${rooms.size}, all arrows one way`);
