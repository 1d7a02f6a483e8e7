'use strict';

// Received bytes are lent to a parser that copies what it hands on, and to no other.

const assert = require('node:assert/strict');
const path = require('node:path');
const { HTTPParser } = require('node:_http_common');
const { copiesInput } = require('../lib/node/parser-copies');
const { fixtures, result, run } = require('./support/child');
const { agentOf, cleanUp, failure, httpServer, rawServer, request } = require('./support/peer');

const kOnBody = HTTPParser.kOnBody | 0;
const kOnHeadersComplete = HTTPParser.kOnHeadersComplete | 0;

// A parser of which one callback is given what `change` makes of its arguments and of the input.
function parserWith(callback, change) {
  return class extends HTTPParser {
    execute(input) {
      const called = this[callback];
      this[callback] = (...args) => called(...change(args, input));
      const taken = super.execute(input);
      this[callback] = called;
      return taken;
    }
  };
}

function within(part, input) {
  const at = input.indexOf(part);
  return input.subarray(at, at + part.length);
}

const FAITHLESS = {
  'hands on parts of its input': parserWith(kOnBody, ([part], input) => [within(part, input)]),

  'hands on its input, with where the body is in it': parserWith(kOnBody, ([part], input) => [
    input,
    input.indexOf(part),
    part.length,
  ]),

  'loses a header': parserWith(kOnHeadersComplete, (args) => args.with(2, args[2].slice(2))),

  'reads its input when the next one comes': class extends HTTPParser {
    #last = null;

    execute(input) {
      if (this.#last) super.execute(this.#last);
      this.#last = input;
      return input.length;
    }
  },

  'takes nothing': class extends HTTPParser {
    execute() {
      return new Error('no');
    }
  },
};

describe('the parser of the HTTP client', () => {
  afterEach(cleanUp);

  it('copies what it hands on', () => {
    assert.equal(copiesInput(HTTPParser), true);
  });

  it('is lent what comes', async () => {
    const server = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\nno header\r\n\r\n'));
    const { rawPacket } = await failure(request(server, agentOf()).end());
    assert.ok(rawPacket.buffer.byteLength > rawPacket.length, 'a part of what is read into');
  });

  for (const [what, Parser] of Object.entries(FAITHLESS)) {
    it(`is found out where it ${what}`, () => {
      assert.equal(copiesInput(Parser), false);
    });
  }

  it('gets copies where it hands on parts of its input', async function () {
    this.timeout(120_000);
    const server = await httpServer((req, res) => {
      const [byte, size] = req.url.slice(1).split('/').map(Number);
      res.end(Buffer.alloc(size, byte));
    });
    const ended = await run('keeper.js', [server.port], {
      execArgv: ['--expose-gc', '--require', path.join(fixtures, 'aliasing-parser.js')],
    });
    assert.deepEqual(result(ended), { kept: 300, changed: 0, wrong: 0 });
  });
});
