'use strict';

// The options that bound connections and the queue: what they take, and what they refuse, as Node
// says it of its own.

const assert = require('node:assert/strict');
const http = require('node:http');
const { Agent, differs } = require('./support/agent');
const { HttpsAgent } = require('./support/https-agent');

const own = differs('it has no such option');

const DURATIONS = ['freeSocketTimeout', 'socketTTL', 'queueTimeout', 'connectTimeout'];
const COUNTS = ['maxRequestsPerSocket', 'maxQueue'];
const NAMES = [...DURATIONS, ...COUNTS];

const DURATION_MAX = 2 ** 31 - 1;
const COUNT_MAX = 2 ** 32 - 2;

function thrownBy(Class, options) {
  try {
    new Class(options);
  } catch (error) {
    return error;
  }
  return undefined;
}

// Node's own words for a value that is no number, or is below 1, said of one of its options.
function nodesWords(name, value) {
  const { message } = thrownBy(http.Agent, { maxTotalSockets: value });
  return message.replace('maxTotalSockets', name);
}

const notNumbers = ['5', '', null, true, 5n, {}, [1], () => {}, Symbol('s'), new Date(0)];

describe('The options that bound', () => {
  for (const name of NAMES) {
    own(`${name} takes numbers alone`, () => {
      for (const Class of [Agent, HttpsAgent]) {
        for (const value of notNumbers) {
          const error = thrownBy(Class, { [name]: value });
          assert.ok(error instanceof TypeError);
          assert.equal(error.code, 'ERR_INVALID_ARG_TYPE');
          assert.equal(error.message, nodesWords(name, value));
          assert.equal(error.name, 'TypeError');
        }
      }
    });

    own(`${name} is unbounded by Infinity and undefined`, () => {
      for (const Class of [Agent, HttpsAgent]) {
        for (const value of [Infinity, undefined]) {
          assert.equal(thrownBy(Class, { [name]: value }), undefined);
        }
      }
    });
  }

  for (const [names, least, most] of [
    [DURATIONS, 1, DURATION_MAX],
    [['maxRequestsPerSocket'], 1, COUNT_MAX],
    [['maxQueue'], 0, COUNT_MAX],
  ]) {
    for (const name of names) {
      own(`${name} takes from ${least} to ${most}`, () => {
        for (const Class of [Agent, HttpsAgent]) {
          assert.equal(thrownBy(Class, { [name]: least }), undefined);
          assert.equal(thrownBy(Class, { [name]: most }), undefined);
          for (const value of [least - 1, -5, -Infinity]) {
            const error = thrownBy(Class, { [name]: value });
            assert.ok(error instanceof RangeError);
            assert.equal(error.code, 'ERR_OUT_OF_RANGE');
            assert.equal(
              error.message,
              Number.isInteger(value) || names === DURATIONS
                ? `The value of "${name}" is out of range. It must be >= ${least} && <= ${most}. Received ${value}`
                : `The value of "${name}" is out of range. It must be an integer. Received ${value}`,
            );
          }
          assert.equal(thrownBy(Class, { [name]: most + 1 }).code, 'ERR_OUT_OF_RANGE');
          assert.equal(thrownBy(Class, { [name]: NaN }).code, 'ERR_OUT_OF_RANGE');
        }
      });
    }
  }

  for (const name of DURATIONS) {
    own(`${name} may be a fraction`, () => {
      assert.equal(thrownBy(Agent, { [name]: 1.5 }), undefined);
      assert.equal(thrownBy(Agent, { [name]: 0.5 }).code, 'ERR_OUT_OF_RANGE');
    });
  }

  for (const name of COUNTS) {
    own(`${name} must be whole`, () => {
      assert.equal(
        thrownBy(Agent, { [name]: 1.5 }).message,
        `The value of "${name}" is out of range. It must be an integer. Received 1.5`,
      );
    });
  }

  own('a long string is cut as Node cuts it', () => {
    const value = 'a string that is longer than Node shows';
    for (const name of NAMES) {
      assert.equal(thrownBy(Agent, { [name]: value }).message, nodesWords(name, value));
    }
  });

  own('large values are shown as Node shows them', () => {
    assert.match(
      thrownBy(Agent, { socketTTL: 1234567890123 }).message,
      /Received 1_234_567_890_123$/,
    );
    assert.match(thrownBy(Agent, { socketTTL: 2 ** 31 }).message, /Received 2147483648$/);
  });

  own('Node checks its own first', () => {
    const error = thrownBy(Agent, { socketTTL: 'x', maxTotalSockets: 'x' });
    assert.match(error.message, /maxTotalSockets/);
  });

  it('are no properties of the agent', () => {
    const agent = new Agent({ keepAlive: true });
    for (const name of NAMES) assert.ok(!(name in agent), name);
  });
});
