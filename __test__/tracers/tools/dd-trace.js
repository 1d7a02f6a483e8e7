'use strict';

const diagnostics = require('node:diagnostics_channel');
const { SpanList } = require('../span-list');

// What is each process's own, or each span's by chance.
const CHANCE = /^(process_id|runtime-id|_dd\.p\.(tid|ksr)|_dd\.tags\.process)$/;

// A stack is that of the transport, but for its first line.
function plain(facts) {
  const entries = Object.entries(facts).filter(([name]) => !CHANCE.test(name));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name.endsWith('.stack') ? value.split('\n')[0] : value]),
  );
}

function start() {
  const tracer = require('dd-trace').init({ startupLogs: false });
  const list = new SpanList();
  const idOf = (span) => span.context().toSpanId();
  diagnostics.subscribe('dd-trace:span:start', ({ span }) => list.begin(idOf(span)));
  diagnostics.subscribe('dd-trace:span:finish', (span) => list.end(idOf(span)));
  // In the place of the exporter that sends to an agent: it gets what that would send.
  tracer._tracer._processor._exporter = {
    export(spans) {
      for (const { name, resource, service, type, error, meta, metrics, ...span } of spans) {
        list.tell(span.span_id.toString(10), {
          parent: span.parent_id.toString(10),
          name,
          said: { resource, service, type, error, meta: plain(meta), metrics: plain(metrics) },
        });
      }
    },
  };
  return {
    run: (name, work) => tracer.trace(name, work),
    mark: (name) => tracer.startSpan(name, { childOf: tracer.scope().active() }).finish(),
    spans: async () => list.all(),
  };
}

module.exports = { start };
