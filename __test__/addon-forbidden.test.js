'use strict';

// A process that may load no addon: the message says so, and by which flag, and names no compiler.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

const ROOT = path.join(__dirname, '..');

const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

const PROGRAM = `
  const { message, code, cause } = (() => {
    try { require(${JSON.stringify(ROOT)}); } catch (error) { return error; }
  })();
  console.log(JSON.stringify({ message, code, cause: cause.code }));
`;

async function failure(flags, env = {}) {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', PROGRAM], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}

const PERMITTED = [PERMISSION, '--allow-fs-read=*'];

describe('an addon that may not be loaded', () => {
  for (const [how, flags, env, hint] of [
    ['--no-addons', ['--no-addons'], {}, /started with --no-addons/],
    ['NODE_OPTIONS=--no-addons', [], { NODE_OPTIONS: '--no-addons' }, /started with --no-addons/],
    ['--permission', PERMITTED, {}, /permission model.* --allow-addons/],
    [
      'both, where --permission allows it',
      [...PERMITTED, '--allow-addons', '--no-addons'],
      {},
      /started with --no-addons/,
    ],
  ]) {
    it(`by ${how} is told so`, async () => {
      const { message, code, cause } = await failure(flags, env);
      assert.equal(code, 'OXAGENT_NO_ADDON');
      assert.equal(cause, 'ERR_DLOPEN_DISABLED');
      assert.match(message, hint);
      assert.match(message, /oxagent\.\S+ does not load: /);
      assert.doesNotMatch(message, /Rust|rebuild|install/);
    });
  }
});
