'use strict';

const { SpanList } = require('../span-list');

function start() {
  const Sentry = require('@sentry/node');
  const list = new SpanList();
  const client = Sentry.init({
    dsn: 'http://key@127.0.0.1:9/1',
    // Nothing is sent: the client's hooks say what would be.
    transport: () => ({ send: async () => ({}), flush: async () => true }),
    tracesSampleRate: 1,
  });
  client.on('spanStart', (span) => list.begin(span.spanContext().spanId));
  client.on('spanEnd', (span) => {
    const { span_id: id, parent_span_id: parent, name, ...facts } = Sentry.spanToJSON(span);
    const { is_segment: root, status, attributes } = facts;
    list.end(id);
    list.tell(id, { parent, name, root, status, attributes });
  });

  return {
    run: (name, work) =>
      Sentry.withIsolationScope(() =>
        Sentry.startNewTrace(() => Sentry.startSpan({ name, forceTransaction: true }, work)),
      ),
    mark: (name) => Sentry.startInactiveSpan({ name, onlyIfParent: true }).end(),
    spans: async () => list.all(),
  };
}

module.exports = { start };
