'use strict';

// A listener that throws, at every event of a request, its response, its socket and its agent: the
// exception is caught once, each other request is answered, the agent is empty afterwards, and of
// use.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({}, listener) };

const EVENTS = [
  'request socket',
  'request finish',
  'request continue',
  'request information',
  'request timeout',
  'request response',
  'request close',
  'response data',
  'response end',
  'response close',
  'socket lookup',
  'socket connectionAttempt',
  'socket connect',
  'socket ready',
  'socket data',
  'socket drain',
  'socket timeout',
  'socket free',
  'socket end',
  'socket close',
  'agent free',
];

const SECURE = ['socket secureConnect', 'socket session'];

describe('a listener that throws at any event', function () {
  this.timeout(60_000);
  afterEach(closeServers);

  function open(name, where) {
    return SERVE[name]((req, res) => {
      const answer = () => {
        if (/socket (end|close)/.test(where)) res.setHeader('connection', 'close');
        if (where === 'socket end') {
          // An answer that its end delimits: behind any other the socket may close without 'end'.
          res.removeHeader('content-length');
          res.removeHeader('transfer-encoding');
        }
        res.end(`answer to ${req.url};`);
      };
      req.resume();
      req.on('error', () => {});
      if (where === 'request information') res.writeEarlyHints({ link: '</a>; rel=preload' });
      // Those that throw are told to be patient for less.
      const late = where.endsWith('timeout') && Number(req.url.slice(1)) % 3 === 0;
      req.on('end', () => (late ? setTimeout(answer, 500) : answer()));
    });
  }

  for (const name of Object.keys(SERVE)) {
    for (const where of [...EVENTS, ...(name === 'https' ? SECURE : [])]) {
      it(`'${where}' (${name})`, async () => {
        const site = await open(name, where);
        const ca = name === 'https' ? (await pki()).root.pem : '';
        const seen = result(await run('throwing-anywhere.js', [site.port, where, ca]));
        assert.ok(seen.thrown.length > 0);
        assert.deepEqual(seen.caught, seen.thrown);
        assert.equal(seen.others, 20);
        assert.equal(seen.later, 200);
        assert.deepEqual(seen.views, [0, 0, 0]);
      });
    }
  }
});
