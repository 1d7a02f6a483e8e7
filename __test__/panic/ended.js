'use strict';

// The I/O thread of a process panics and cannot go on: what becomes of the requests that are held,
// of those on their way and of later ones. It ends by itself.
// arguments: package, scheme, port

const { once } = require('node:events');
const path = require('node:path');
const { Worker, isMainThread } = require('node:worker_threads');

const [oxagent, scheme, port] = process.argv.slice(2);
const { request } = require(`node:${scheme}`);
const { Agent, HttpsAgent } = require(oxagent);
const { armPanic } = require(path.join(oxagent, 'lib/bridge/native'));

// By the numbers of src/net/injection.rs.
const THREAD = 4;
const RESTARTING = 10;

const HELD = 3;

const agent =
  scheme === 'http'
    ? new Agent({ keepAlive: true, maxSockets: HELD + 2 })
    : new HttpsAgent({ keepAlive: true, maxSockets: HELD + 2, rejectUnauthorized: false });

function outcome(at, seen = () => {}) {
  return new Promise((resolve) => {
    const req = request({ host: '127.0.0.1', port, path: at, agent }, (res) => {
      res.on('error', () => {}).on('end', () => resolve('answer'));
      res.on('data', seen);
    });
    req.on('error', (error) => resolve(error.code));
    req.on('socket', (socket) => socket.on('error', (error) => resolve(error.code)));
    req.end();
  });
}

const count = (view) => Object.values(view).flat().length;

// What an environment hears that comes too late.
async function afterwards() {
  const worker = new Worker(__filename, { argv: process.argv.slice(2) });
  const [error] = await once(worker, 'error');
  return error.message;
}

async function main() {
  const held = [];
  for (let i = 0; i < HELD; i++) {
    await new Promise((seen) => {
      held.push(outcome('/held', seen));
    });
  }
  await outcome('/');
  armPanic(RESTARTING);
  armPanic(THREAD);
  // One on a connection that was idle, one on a new one, and one that waits.
  const sent = [outcome('/'), outcome('/'), outcome('/')];
  const result = { held: await Promise.all(held), sent: await Promise.all(sent), later: [] };
  for (let i = 0; i < 3; i++) result.later.push(await outcome('/'));
  await new Promise(setImmediate);
  const { sockets, freeSockets, requests } = agent;
  result.sockets = { held: count(sockets), idle: count(freeSockets), queued: count(requests) };
  result.after = await afterwards();
  console.log(JSON.stringify(result));
}

if (isMainThread) main();
