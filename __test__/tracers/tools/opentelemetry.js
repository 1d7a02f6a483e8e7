'use strict';

const { otelTool } = require('./otel-tool');

// The instrumentations of Node's own modules, as a program sets them up that chooses them itself.
function start() {
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { DnsInstrumentation } = require('@opentelemetry/instrumentation-dns');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { NetInstrumentation } = require('@opentelemetry/instrumentation-net');
  const { BasicTracerProvider } = require('@opentelemetry/sdk-trace-base');
  const api = require('@opentelemetry/api');

  const { processor, tool } = otelTool(api);
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
  registerInstrumentations({
    instrumentations: [
      new DnsInstrumentation(),
      new HttpInstrumentation(),
      new NetInstrumentation(),
    ],
  });
  return tool;
}

module.exports = { start };
