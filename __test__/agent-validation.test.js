'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { Agent } = require('./support/agent');

function thrownBy(Class, options) {
  try {
    new Class(options);
  } catch (error) {
    return error;
  }
  return undefined;
}

const refused = [
  ['scheduling', 'filo', 'ERR_INVALID_ARG_VALUE', TypeError],
  ['scheduling', 1, 'ERR_INVALID_ARG_VALUE', TypeError],
  ['scheduling', 'LIFO', 'ERR_INVALID_ARG_VALUE', TypeError],
  ['maxTotalSockets', 'ten', 'ERR_INVALID_ARG_TYPE', TypeError],
  ['maxTotalSockets', null, 'ERR_INVALID_ARG_TYPE', TypeError],
  ['maxTotalSockets', true, 'ERR_INVALID_ARG_TYPE', TypeError],
  ['maxTotalSockets', {}, 'ERR_INVALID_ARG_TYPE', TypeError],
  ['maxTotalSockets', 0, 'ERR_OUT_OF_RANGE', RangeError],
  ['maxTotalSockets', -3, 'ERR_OUT_OF_RANGE', RangeError],
  ['maxTotalSockets', NaN, 'ERR_OUT_OF_RANGE', RangeError],
];

describe('Agent validation', () => {
  for (const [name, value, code, Class] of refused) {
    it(`refuses ${name}: ${typeof value} ${String(value)} with Node's error`, () => {
      const error = thrownBy(Agent, { [name]: value });
      assert.ok(error instanceof Class);
      assert.equal(error.code, code);
      const native = thrownBy(http.Agent, { [name]: value });
      assert.equal(error.name, native.name);
      assert.equal(error.message, native.message);
    });
  }

  for (const [name, value] of [
    ['scheduling', 'fifo'],
    ['scheduling', 'lifo'],
    ['scheduling', undefined],
    ['maxTotalSockets', 1],
    ['maxTotalSockets', Infinity],
    ['maxTotalSockets', undefined],
  ]) {
    it(`accepts ${name}: ${String(value)}`, () => {
      assert.equal(thrownBy(Agent, { [name]: value }), undefined);
    });
  }

  it('checks scheduling before maxTotalSockets', () => {
    const error = thrownBy(Agent, { scheduling: 'x', maxTotalSockets: 'x' });
    assert.match(error.message, /scheduling/);
  });

  it('refuses a request for another protocol', () => {
    const agent = new Agent();
    assert.throws(() => http.get({ protocol: 'ftp:', host: '127.0.0.1', agent }), {
      code: 'ERR_INVALID_PROTOCOL',
      message: 'Protocol "ftp:" not supported. Expected "http:"',
    });
    assert.equal(agent.totalSocketCount, 0);
  });

  for (const [name, host] of [
    ['a number', 1234],
    ['a large number', 2 ** 53 - 1],
    ['true', true],
    ['a BigInt', 10n],
    ['an array', ['a.example']],
    ['an object', { host: 'a.example' }],
    ['a function', function named() {}],
    ['a String', new String('a.example')],
  ]) {
    it(`refuses a Host header that is ${name} with Node's error`, () => {
      const [own, node] = [new Agent(), new http.Agent()].map((agent) => {
        try {
          http.get({ host: '127.0.0.1', port: 1, headers: { host }, agent }).on('error', () => {});
        } catch (error) {
          return error;
        }
        return undefined;
      });
      assert.equal(own.code, 'ERR_INVALID_ARG_TYPE');
      assert.deepEqual(
        [own.name, own.message, own.constructor],
        [node.name, node.message, node.constructor],
      );
    });
  }
});
