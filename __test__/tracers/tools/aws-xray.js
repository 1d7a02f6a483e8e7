'use strict';

const http = require('node:http');
const https = require('node:https');

function start() {
  const xray = require('aws-xray-sdk');
  const roots = [];
  xray.setContextMissingStrategy('IGNORE_ERROR');
  xray.captureHTTPsGlobal(http);
  xray.captureHTTPsGlobal(https);
  // In the place of what sends to a daemon: it gets each segment that has ended.
  xray.SegmentUtils.setStreamingThreshold(Number.MAX_SAFE_INTEGER);

  // As the daemon would be sent it.
  function* segments({ subsegments = [], ...span }, parent) {
    const { id, name, namespace, http: exchange, error, fault, throttle, cause } = span;
    yield {
      id,
      parent,
      name,
      said: { namespace, exchange, error, fault, throttle, cause: causes(cause) },
      timed: span.end_time >= span.start_time,
    };
    for (const child of subsegments) yield* segments(child, id);
  }

  // Their stacks are those of the transport.
  const causes = (cause) => cause?.exceptions.map(({ message, type }) => ({ message, type }));

  const namespace = xray.getNamespace();
  return {
    run: (name, work) =>
      namespace.runPromise(async () => {
        const segment = new xray.Segment(name);
        roots.push(segment);
        xray.setSegment(segment);
        try {
          return await work();
        } finally {
          segment.close();
        }
      }),
    mark(name) {
      xray.resolveSegment()?.addNewSubsegment(name).close();
    },
    spans: async () => roots.flatMap((root) => [...segments(JSON.parse(root.toString()))]),
  };
}

module.exports = { start };
