'use strict';

// What a program writes to an agent's sockets, freeSockets and requests counts, as with Node's
// plain objects.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const {
  Agent,
  agentWith,
  answer,
  closed,
  counts,
  differs,
  dispose,
  get,
  total,
  tracked,
} = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

const nodeKeeps = differs('a list is all that it knows of its sockets');

function nameOf(site) {
  return `127.0.0.1:${site.port}:`;
}

async function connected(site) {
  const socket = net.connect(site.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

describe('Agent views that a program writes to', () => {
  afterEach(dispose);
  afterEach(closeServers);

  describe('freeSockets', () => {
    it('an idle socket put under a name serves its next request', async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true });
      const socket = await connected(site);
      agent.freeSockets[nameOf(site)] = [socket];
      assert.deepEqual(counts(agent.freeSockets), { [nameOf(site)]: 1 });
      assert.equal(agent.freeSockets[nameOf(site)][0], socket);
      const req = get({ port: site.port, agent });
      assert.equal(req.reusedSocket, true);
      assert.equal((await answer(req)).socket, socket);
      assert.equal(site.connections, 1);
      socket.destroy();
    });

    it('an idle socket added to a list serves too', async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true });
      const parked = (await answer(get({ port: site.port, agent }))).socket;
      const added = await connected(site);
      assert.equal(agent.freeSockets[nameOf(site)].push(added), 2);
      const reqs = [1, 2].map(() => get({ port: site.port, agent }));
      const used = await Promise.all(reqs.map(answer));
      assert.deepEqual(new Set(used.map(({ socket }) => socket)), new Set([parked, added]));
      assert.equal(site.connections, 2);
      added.destroy();
    });

    it('a socket that is not connected serves none, and the agent goes on', async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true });
      const socket = new net.Socket();
      agent.freeSockets[nameOf(site)] = [socket];
      socket.destroy();
      await answer(get({ port: site.port, agent }));
      assert.equal(site.connections, 1);
    });

    it('an emptied list leaves nothing to use', async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true });
      await answer(get({ port: site.port, agent }));
      const list = agent.freeSockets[nameOf(site)];
      const [socket] = list;
      list.length = 0;
      delete agent.freeSockets[nameOf(site)];
      assert.deepEqual(Object.keys(agent.freeSockets), []);
      const req = get({ port: site.port, agent });
      assert.equal(req.reusedSocket, false);
      await answer(req);
      socket.destroy();
    });

    nodeKeeps('a connection of the agent closes when it is taken out', async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true });
      const { socket } = await answer(get({ port: site.port, agent }));
      assert.equal(agent.freeSockets[nameOf(site)].pop(), socket);
      await closed(socket);
      assert.equal(agent.totalSocketCount, 0);
    });
  });

  describe('sockets', () => {
    // As libraries do that connect later: something stands for the socket until it is there.
    class Placeholders extends Agent {
      createSocket(req, options, callback) {
        const name = this.getName(options);
        this.sockets[name] ||= [];
        const list = this.sockets[name];
        const placeholder = new net.Socket({ writable: false });
        list.push(placeholder);
        this.totalSocketCount++;
        setImmediate(() => {
          list.splice(list.indexOf(placeholder), 1);
          this.totalSocketCount--;
          if (list.length === 0) delete this.sockets[name];
          super.createSocket(req, options, callback);
        });
      }
    }

    it('a placeholder stands there, and the limits hold', async () => {
      const site = await serve();
      const agent = tracked(new Placeholders({ keepAlive: true, maxSockets: 2 }));
      const reqs = [1, 2, 3, 4].map(() => get({ port: site.port, agent }));
      assert.deepEqual(counts(agent.sockets), { [nameOf(site)]: 2 });
      assert.equal(total(agent.requests), 2);
      assert.equal(agent.totalSocketCount, 2);
      await Promise.all(reqs.map(answer));
      assert.ok(site.connections <= 2, `${site.connections} connections`);
      assert.equal(total(agent.sockets), 0);
      assert.equal(agent.totalSocketCount, total(agent.freeSockets));
    });

    it('a placeholder is listed until it is taken out', () => {
      const agent = agentWith({ maxSockets: 1 });
      const placeholder = new net.Socket({ writable: false });
      agent.sockets.one = [];
      assert.deepEqual(counts(agent.sockets), { one: 0 });
      agent.sockets.one.push(placeholder);
      assert.equal(agent.sockets.one[0], placeholder);
      assert.deepEqual(agent.sockets.one.splice(0, 1), [placeholder]);
      delete agent.sockets.one;
      assert.deepEqual(Object.keys(agent.sockets), []);
      assert.equal(agent.sockets.one, undefined);
    });

    it('destroy() destroys what was added', () => {
      const agent = agentWith();
      const added = [1, 2, 3].map(() => new net.Socket());
      agent.sockets.one = [...added];
      agent.destroy();
      assert.ok(added.every((socket) => socket.destroyed));
    });

    it('the methods of arrays answer as they do for arrays', () => {
      const agent = agentWith();
      const [one, two] = [1, 2].map(() => new net.Socket());
      agent.sockets.name = [one, two];
      const list = agent.sockets.name;
      assert.deepEqual([...list], [one, two]);
      assert.deepEqual(list.concat([one]), [one, two, one]);
      assert.deepEqual(
        list.map((socket) => socket === two),
        [false, true],
      );
      assert.equal(list.indexOf(two), 1);
      assert.equal(list.at(-1), two);
      assert.ok(list.includes(one));
      assert.equal(list.sort(), list);
      assert.equal(list.unshift(), 2);
      assert.deepEqual(Array.from(list), [one, two]);
      assert.deepEqual(Array.prototype.slice.call(list, 1), [two]);
      assert.equal(list.constructor, Array);
      list[1] = one;
      assert.ok(!list.includes(two));
      agent.destroy();
    });

    it('an active socket taken out leaves its place to another', async () => {
      const site = await serveHeld();
      const agent = agentWith({ maxSockets: 1 });
      const first = get({ port: site.port, agent });
      const { res } = await site.next();
      assert.deepEqual(agent.sockets[nameOf(site)].splice(0, 1), [first.socket]);
      const second = answer(get({ port: site.port, agent }));
      (await site.next()).res.end();
      await second;
      const done = answer(first);
      res.end('late');
      assert.equal((await done).body, 'late');
      assert.equal(site.connections, 2);
    });
  });

  describe('requests', () => {
    it('a queued request taken out is never sent', async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const first = answer(get({ port: site.port, path: '/1', agent }));
      const [doomed, kept] = ['/2', '/3'].map((path) => get({ port: site.port, path, agent }));
      for (const event of ['socket', 'error', 'close']) {
        doomed.on(event, () => assert.fail(`'${event}' of a request that nobody knows`));
      }
      const list = agent.requests[nameOf(site)];
      list.splice(list.indexOf(doomed), 1);
      assert.deepEqual(Object.values(agent.requests), [[kept]]);
      const third = answer(kept);
      (await site.next()).res.end();
      await first;
      const { req, res } = await site.next();
      assert.equal(req.url, '/3');
      res.end();
      await third;
      assert.equal(site.requests, 2);
    });

    it('the order that a list is given back in is no reason to drop a request', async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const reqs = [1, 2, 3].map(() => answer(get({ port: site.port, agent })));
      const list = agent.requests[nameOf(site)];
      list.reverse();
      assert.equal(list.length, 2);
      for (let i = 0; i < 3; i++) (await site.next()).res.end();
      await Promise.all(reqs);
      assert.equal(site.connections, 1);
    });

    differs('its list takes anything')('a request is queued by addRequest() alone', () => {
      const agent = agentWith();
      assert.throws(() => {
        agent.requests.one = [{}];
      }, TypeError);
      assert.deepEqual(Object.keys(agent.requests), []);
    });
  });
});
