'use strict';

// What OpenTelemetry and all that is built over it have in common.

const { SpanList } = require('../span-list');

// `processor` is for the provider.
function otelTool(api) {
  const list = new SpanList();

  const processor = {
    onStart: (span) => list.begin(span.spanContext().spanId),
    onEnd(span) {
      const id = span.spanContext().spanId;
      list.end(id);
      list.tell(id, {
        parent: span.parentSpanContext?.spanId,
        name: span.name,
        kind: span.kind,
        status: span.status,
        attributes: { ...span.attributes },
        events: span.events.map(({ name, attributes }) => ({
          name,
          type: attributes?.['exception.type'],
          message: attributes?.['exception.message'],
        })),
      });
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };

  const tracer = () => api.trace.getTracer('the program');
  const tool = {
    run: (name, work) =>
      tracer().startActiveSpan(name, async (span) => {
        try {
          return await work();
        } finally {
          span.end();
        }
      }),
    mark: (name) => tracer().startSpan(name).end(),
    spans: async () => list.all(),
  };
  return { processor, tool };
}

module.exports = { otelTool };
