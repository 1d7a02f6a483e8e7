'use strict';

// A connection on which nothing was ever sent is a fresh one, whichever request it was made for: no
// request is sent twice because of it, and what the server says at once is the answer.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { answer, differs, dispose, failure, stock } = require('./support/agent');
const { SCHEMES } = require('./support/ending');
const { closeServers } = require('./support/server');

const BUSY = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy';

// How a request comes by a connection that was made for another one, or for none. Each gives the
// request, whose `ask` makes it.
const WAYS = {
  'whose request was destroyed at birth': (agent, where, ask, { request }) => {
    const born = request({ ...where, agent, path: '/born' });
    born.on('error', () => {});
    const req = ask();
    born.destroy();
    return req;
  },
  'whose request was destroyed when it had waited': async (agent, where, ask, { request }) => {
    // It waits for a name that is never found, and its turn comes when that is given up.
    const slow = request({ ...where, agent, host: 'a.example', lookup() {} });
    slow.on('error', () => {});
    const waiting = request({ ...where, agent, path: '/waiting' });
    waiting.on('error', () => {});
    const [socket] = await once(slow, 'socket');
    const req = ask();
    socket.destroy();
    waiting.once('socket', () => assert.fail('it is destroyed'));
    const { createConnection } = agent;
    agent.createConnection = function made(...args) {
      agent.createConnection = createConnection;
      waiting.destroy();
      return createConnection.apply(this, args);
    };
    return req;
  },
  'that the program made, and freed': (agent, where, ask) => {
    const busy = ask();
    const req = ask();
    busy.on('error', () => {});
    agent.createSocket(req, { host: '127.0.0.1', ...where }, (_error, socket) => {
      socket.emit('free');
      busy.destroy();
    });
    return req;
  },
  'that the program made, for a name, and freed': (agent, where, ask) => {
    const busy = ask();
    const req = ask();
    busy.on('error', () => {});
    const lookup = (_host, { all }, callback) =>
      setImmediate(callback, null, all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
    const options = { ...where, host: 'a.example', lookup };
    agent.createSocket(req, options, (_error, socket) => {
      socket.emit('free');
      busy.destroy();
    });
    return req;
  },
};
// Puts a new connection among the idle ones.
async function park(agent, where) {
  const options = { ...agent.options, host: '127.0.0.1', servername: 'localhost', ...where };
  const socket = agent.createConnection(options);
  await once(socket, socket.encrypted ? 'secureConnect' : 'connect');
  agent.freeSockets[agent.getName(options)] = [socket];
  return socket;
}
if (!stock) {
  WAYS['that was parked'] = async (agent, where, ask) => {
    const socket = await park(agent, where);
    const req = ask();
    req.once('socket', (held) => assert.equal(held, socket));
    return req;
  };
}

for (const [name, scheme] of Object.entries(SCHEMES)) {
  const request = scheme.get;

  describe(`a connection that was never used (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    const open = async (onSocket) => {
      const site = await scheme.serve((socket) => {
        socket.on('error', () => {});
        onSocket(socket);
      });
      const [, agent] = await scheme.agents({ maxSockets: 1 });
      return { site, agent };
    };

    for (const [what, way] of Object.entries(WAYS)) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        it(`${what}: a ${method} that meets a close is sent once`, async () => {
          const seen = [];
          const { site, agent } = await open((socket) => {
            socket.on('data', (chunk) => {
              seen.push(...(chunk.toString('latin1').match(/\/it /g) ?? []));
              socket.destroy();
            });
          });
          const where = { port: site.port };
          const ask = () => request({ ...where, agent, method, path: '/it' });
          const req = await way(agent, where, ask, { request });
          assert.equal((await failure(req)).code, 'ECONNRESET');
          assert.deepEqual(seen, ['/it ']);
        });
      }

      if (what !== 'that was parked') {
        it(`${what}: what the server says at once is the answer`, async () => {
          const { site, agent } = await open((socket) => socket.resume().end(BUSY));
          const where = { port: site.port };
          const ask = () => request({ ...where, agent, path: '/it' });
          const { res, body } = await answer(await way(agent, where, ask, { request }));
          assert.equal(res.statusCode, 503);
          assert.equal(body, 'busy');
        });
      }
    }

    it('and that speaks when its second request has it: that is the answer', async () => {
      const { site, agent } = await open((socket) => socket.resume());
      const connected = once(site.server, name === 'http' ? 'connection' : 'secureConnection');
      const where = { port: site.port };
      const born = request({ ...where, agent });
      born.on('error', () => {});
      const req = request({ ...where, agent, method: 'POST' });
      born.destroy();
      const [socket] = await connected;
      socket.end(BUSY);
      assert.equal((await answer(req)).body, 'busy');
      assert.equal(site.connections, 1);
    });

    differs('its views do not park')('that was parked, and then speaks to its first', async () => {
      const { site, agent } = await open((socket) => socket.resume());
      const connected = once(site.server, name === 'http' ? 'connection' : 'secureConnection');
      const where = { port: site.port };
      const parked = await park(agent, where);
      const [socket] = await connected;
      const req = request({ ...where, agent, method: 'POST' });
      assert.equal((await once(req, 'socket'))[0], parked);
      socket.end(BUSY);
      assert.equal((await answer(req)).body, 'busy');
    });

    differs('it has no way back')('is used from its first request on', async () => {
      let connections = 0;
      const { site, agent } = await open((socket) => {
        const number = ++connections;
        let requests = 0;
        socket.on('data', () => {
          if (number === 1 && ++requests === 2) socket.destroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na');
        });
      });
      const where = { port: site.port };
      const born = request({ ...where, agent });
      born.on('error', () => {});
      const first = request({ ...where, agent });
      born.destroy();
      const { socket } = await answer(first);
      await answer(request({ ...where, agent }));
      assert.equal(connections, 2);
      assert.equal(socket.replays, 1);
    });
  });
}
