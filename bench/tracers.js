'use strict';

// Tracers, as a service has them, but for what becomes of their spans: they are dropped when they
// have ended, as sending them is not what is measured. They are of the package in which they are
// tested.

const { createRequire } = require('node:module');
const path = require('node:path');

const { ensureInstalled } = require('../scripts/ensure-installed');

const FOLDER = path.join(__dirname, '..', '__test__', 'tracers');
const requireTool = createRequire(path.join(FOLDER, 'package.json'));

const tracers = {
  opentelemetry() {
    const api = requireTool('@opentelemetry/api');
    const { AsyncLocalStorageContextManager } = requireTool('@opentelemetry/context-async-hooks');
    const { registerInstrumentations } = requireTool('@opentelemetry/instrumentation');
    const { DnsInstrumentation } = requireTool('@opentelemetry/instrumentation-dns');
    const { NetInstrumentation } = requireTool('@opentelemetry/instrumentation-net');
    const { BasicTracerProvider } = requireTool('@opentelemetry/sdk-trace-base');
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    api.trace.setGlobalTracerProvider(new BasicTracerProvider());
    registerInstrumentations({
      instrumentations: [new DnsInstrumentation(), new NetInstrumentation()],
    });
  },

  'dd-trace'() {
    const { NOWHERE } = require(path.join(FOLDER, 'nowhere'));
    process.env.DD_TRACE_AGENT_URL = NOWHERE;
    process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false';
    process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false';
    const tracer = requireTool('dd-trace').init({ startupLogs: false });
    tracer._tracer._processor._exporter = { export() {} };
  },
};

// Before anything else is loaded.
function startTracer(name) {
  tracers[name]();
  // A tracer finds a module of Node's when it is asked for.
  for (const module of ['dns', 'http', 'https', 'net', 'tls']) require(`node:${module}`);
}

const installTracers = () => ensureInstalled(FOLDER);

module.exports = { installTracers, startTracer };
