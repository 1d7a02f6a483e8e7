'use strict';

// Bytes that nobody asked for: on a connection that waits in the pool, in the very tick in which it
// is handed out, and behind a whole answer. They end the connection, and are part of no response:
// the next request has its own answer, over a new connection.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { answer, closed, differs, dispose } = require('./support/agent');
const { dyingServer } = require('./support/dying-server');
const { SCHEMES, onRequests, sameEndings } = require('./support/ending');
const { cleanUp } = require('./support/peer');
const { closeServers } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');

const ROUNDS = 20;

const WHOLE = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON';

const POISONS = {
  'one byte': 'x',
  'an empty line': '\r\n',
  information: 'HTTP/1.1 103 Early Hints\r\nLink: </poison>\r\n\r\n',
  'the head of an answer': 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n',
  'an answer': WHOLE,
  'many answers': WHOLE.repeat(10_000),
};

// When the server speaks, and when the next request is made.
const MOMENTS = {
  'just before the next request is made': (speak, ask) => {
    speak();
    return ask();
  },
  'in the tick in which the next request is made': (speak, ask) => {
    const asked = ask();
    speak();
    return asked;
  },
  'a turn of the loop before the next request is made': async (speak, ask) => {
    speak();
    await new Promise(setImmediate);
    return ask();
  },
};

const handedOn = differs('the next request takes them for its answer');

for (const [name, scheme] of Object.entries(SCHEMES)) {
  // What is written is in the client's kernel at once.
  const tls = name === 'https' ? { noDelay: true } : null;

  const ours = async (options) => (await scheme.agents({ maxSockets: 1, ...options }))[1];

  // Answers each request with its own path. `speak(poison)` is said on the last connection, once
  // `silent` is given: until then TLS may hold it back.
  const echo = async () => {
    let last;
    const server = await dyingServer(({ socket, text }) => {
      last = socket;
      const path = text.split(' ')[1];
      server.silent = new Promise((written) => {
        const head = `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n`;
        socket.write(`${head}${path}`, written);
      });
    }, tls);
    return Object.assign(server, { speak: (poison) => last.write(poison) });
  };

  describe(`bytes on a parked connection (${name})`, () => {
    afterEach(dispose);
    afterEach(cleanUp);

    for (const [what, poison] of Object.entries(POISONS)) {
      handedOn(`${what}: it closes, and the next request has a new one`, async () => {
        const server = await echo();
        const agent = await ours();
        const { socket } = await answer(scheme.get({ port: server.port, path: '/1', agent }));
        server.speak(poison);
        await closed(socket);
        assertIdle(agent);
        const req = scheme.get({ port: server.port, path: '/2', agent });
        assert.equal(req.reusedSocket, false);
        const { body } = await answer(req);
        assert.equal(body, '/2');
        assert.equal(server.opened(), 2);
      });

      for (const [when, act] of Object.entries(MOMENTS)) {
        handedOn(`${what}, ${when}: it has its own answer`, async () => {
          const server = await echo();
          const agent = await ours();
          await answer(scheme.get({ port: server.port, path: '/0', agent }));
          for (let i = 1; i <= ROUNDS; i++) {
            // No byte of it leaves on the old connection, so it may be any request.
            const method = i % 2 === 0 ? 'POST' : 'GET';
            const path = `/${i}`;
            await server.silent;
            const { body } = await act(
              () => server.speak(poison),
              () => answer(scheme.get({ port: server.port, path, method, agent })),
            );
            assert.equal(body, path);
            assert.equal(server.opened(), i + 1);
          }
          assert.equal(server.seen.length, ROUNDS + 1);
        });
      }
    }

    handedOn('without replay the next request has its own answer, or fails', async () => {
      const server = await echo();
      const agent = await ours({ replay: false });
      let answered = 0;
      for (let i = 0; i < ROUNDS; i++) {
        await answer(scheme.get({ port: server.port, path: '/before', agent })).catch(() => {});
        await server.silent;
        if (i % 2 === 0) server.speak(WHOLE);
        const req = scheme.get({ port: server.port, path: `/${i}`, agent });
        const over = new Promise((resolve) => req.on('close', resolve));
        if (i % 2 === 1) server.speak(WHOLE);
        const said = await answer(req).catch(({ code }) => code);
        if (said !== 'ECONNRESET') {
          assert.equal(said.body, `/${i}`);
          answered++;
        }
        // Only now is the request over.
        await over;
      }
      // It is never known before it is handed out in the same tick.
      assert.ok(answered < ROUNDS);
      agent.destroy();
    });
  });

  describe(`bytes behind a whole answer (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);
    afterEach(cleanUp);

    const ANSWERS = {
      'with a length': ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown'],
      'in chunks': [
        'GET',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nown\r\n0\r\n\r\n',
      ],
      'without a body': ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
      'to HEAD': ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'],
    };

    handedOn('end the connection while the answer is still unread', async () => {
      const server = await dyingServer(({ connection, socket, answer: say }) => {
        say();
        if (connection === 1) server.last = socket;
      }, tls);
      const agent = await ours();
      const req = scheme.get({ port: server.port, agent });
      const [res] = await once(req, 'response');
      const gone = closed(req.socket);
      server.last.write(WHOLE);
      await gone;
      assert.equal((await answer(scheme.get({ port: server.port, agent }))).body, '2');
      res.setEncoding('utf8');
      assert.deepEqual(await res.toArray(), ['1']);
      assert.ok(res.complete);
    });

    for (const [what, [method, whole]] of Object.entries(ANSWERS)) {
      it(`${what}, in its packet, end the request as with Node's agent`, async () => {
        const poisons = Object.values(POISONS);
        // Node passes over an empty line and keeps the connection, which ends by the server then,
        // and is alone: another request could meet its end.
        const isEmpty = (path) => poisons[path.slice(1)].trim() === '';
        const site = await scheme.serve(
          onRequests((socket, path) => {
            const text = whole + poisons[path.slice(1)];
            if (isEmpty(path)) socket.end(text);
            else socket.write(text);
          }),
        );
        const paths = poisons.map((_, i) => `/${i}`);
        const seen = [];
        for (const some of [paths.filter((path) => !isEmpty(path)), paths.filter(isEmpty)]) {
          const how = { options: { method, timeout: 0 }, agent: { keepAlive: true } };
          seen.push(...(await sameEndings(scheme, site.port, some, how)));
        }
        assert.equal(seen.length, poisons.length);
        for (const { body } of seen) assert.ok(!body.includes('POISON'));
      });

      for (const packet of ['its packet', 'the next packet']) {
        const must = packet === 'its packet' ? it : handedOn;
        must(`${what}, in ${packet}, are no answer of those that wait`, async () => {
          let poison = WHOLE;
          const isHeld = tls && packet === 'the next packet';
          // TLS may send the second packet in a later turn of the loop than the first, when the
          // first has been answered: both leave together.
          let held = null;
          const together = ({ bytes }, link) => {
            if (held === null) return undefined;
            if (held.push(bytes) === 1) return null;
            const [first] = held;
            held = null;
            link.client.write(first);
            return bytes;
          };
          const server = await dyingServer(({ request, socket, text }) => {
            const own = whole.replace('\r\n', `\r\nX-Path: ${text.split(' ')[1]}\r\n`);
            if (request === 1) {
              socket.write(own);
            } else if (packet === 'its packet') {
              socket.write(own + poison);
            } else {
              if (isHeld && poison) held = [];
              socket.write(own);
              // After a write of nothing, a TLS server of Deno's may send nothing more.
              if (poison) socket.write(poison);
            }
          }, tls);
          const { port } = isHeld ? await between(server.port, { fromServer: together }) : server;
          const agent = await ours();
          const asked = Array.from({ length: ROUNDS }, async (_, i) => {
            const path = `/${i}`;
            const { res, body } = await answer(scheme.get({ port, path, method, agent }));
            assert.equal(res.headers['x-path'], path);
            assert.ok(['', 'own'].includes(body));
          });
          await Promise.all(asked);
          // None was used again; and one that is not poisoned is kept.
          assert.equal(server.opened(), ROUNDS / 2);
          poison = '';
          for (const path of ['/a', '/b', '/c']) {
            const { res } = await answer(scheme.get({ port, path, method, agent }));
            assert.equal(res.headers['x-path'], path);
          }
          assert.equal(server.opened(), ROUNDS / 2 + 1);
        });
      }
    }
  });
}
