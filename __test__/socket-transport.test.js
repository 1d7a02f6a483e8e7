'use strict';

// `socket.transport`: who carries the connection of a socket.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const {
  Agent,
  agentWith,
  answer,
  differs,
  dispose,
  failure,
  get,
  tracked,
} = require('./support/agent');
const { closeServers, serve } = require('./support/server');
const { freshPath } = require('./support/unix-path');

const ONREAD = { buffer: Buffer.alloc(65536), callback: () => true };

describe('the transport of a socket of an http agent', () => {
  afterEach(dispose);
  afterEach(closeServers);

  const only = differs('its sockets have no such property');

  only("is 'native', from the start and for each request", async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const req = get({ port: site.port, agent });
      const [socket] = await once(req, 'socket');
      assert.equal(socket.transport, 'native');
      await answer(req);
    }
    assert.equal(site.connections, 1);
    const [[idle]] = Object.values(agent.freeSockets);
    assert.equal(idle.transport, 'native');
  });

  only("is 'native' over a Unix domain socket", async function () {
    if (process.platform === 'win32') this.skip(); // It has named pipes in their place.
    const socketPath = freshPath();
    await serve(undefined, socketPath);
    const { socket } = await answer(get({ socketPath, agent: agentWith() }));
    assert.equal(socket.transport, 'native');
  });

  only("is 'node' where an option needs Node's transport", async () => {
    const site = await serve();
    const agent = agentWith({ onread: ONREAD });
    const req = get({ port: site.port, agent });
    const [socket] = await once(req, 'socket');
    assert.equal(socket.transport, 'node');
    assert.deepEqual(
      Object.keys(socket).filter((key) => key === 'transport'),
      [],
    );
    req.destroy();
    await failure(req);
  });

  it('is not told of what a createConnection() of the program has made', async () => {
    const site = await serve();
    class Own extends Agent {
      createConnection(options) {
        return net.connect(options.port, options.host);
      }
    }
    const { socket } = await answer(get({ port: site.port, agent: tracked(new Own()) }));
    assert.equal('transport' in socket, false);
  });

  only("is told where the program's createConnection() leaves it to the agent's", async () => {
    const site = await serve();
    class Own extends Agent {
      createConnection(...args) {
        return super.createConnection(...args);
      }
    }
    const { socket } = await answer(get({ port: site.port, agent: tracked(new Own()) }));
    assert.equal(socket.transport, 'native');
  });

  only('cannot be written', async () => {
    const site = await serve();
    for (const options of [{}, { onread: ONREAD }]) {
      const req = get({ port: site.port, agent: agentWith(options) });
      const [socket] = await once(req, 'socket');
      assert.throws(() => {
        socket.transport = 'another';
      }, TypeError);
      req.destroy();
      await failure(req);
    }
  });
});
