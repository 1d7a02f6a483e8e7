'use strict';

const { AsyncResource } = require('node:async_hooks');

function start() {
  const sent = [];
  const keep = (span, callback) => {
    sent.push(span);
    if (callback) process.nextTick(callback);
  };
  // What sends to an APM server otherwise: the option is the agent's own.
  const transport = {
    config() {},
    addMetadataFilter() {},
    setExtraMetadata() {},
    lambdaShouldRegisterTransactions: () => false,
    sendSpan: keep,
    sendTransaction: keep,
    sendError: keep,
    sendMetricSet: (_metrics, callback) => callback && process.nextTick(callback),
    flush: (...args) => process.nextTick(args.at(-1)),
    supportsKeepingUnsampledTransaction: () => true,
    destroy() {},
  };
  const apm = require('elastic-apm-node').start({
    serviceName: 'the-program',
    transport: () => transport,
    logLevel: 'off',
    cloudProvider: 'none',
    centralConfig: false,
    metricsInterval: '0s',
    captureExceptions: false,
    spanCompressionEnabled: false,
  });

  return {
    run: (name, work) =>
      new AsyncResource('root').runInAsyncScope(async () => {
        const transaction = apm.startTransaction(name);
        try {
          return await work();
        } finally {
          transaction.end();
        }
      }),
    mark: (name) => apm.startSpan(name)?.end(),
    async spans() {
      await apm.flush();
      // Those that began in the same microsecond stay as they were sent.
      const begun = [...sent].sort((a, b) => a.timestamp - b.timestamp);
      return begun.map(({ id, parent_id: parent, name, type, subtype, action, ...span }) => ({
        id,
        parent,
        ended: sent.indexOf(span),
        name,
        said: { type, subtype, action, outcome: span.outcome, context: span.context },
        counts: span.span_count,
        synchronous: span.sync,
      }));
    },
  };
}

module.exports = { start };
