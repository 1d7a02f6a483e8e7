'use strict';

// The tracers, one entry each:
//   name      as the tests call it
//   file      in this folder: start() loads the tracer and returns { run, mark, spans }
//   modules   true where the program is one of ES modules
//   execArgv  what the tracer's own documentation adds to node's command line
//   env       likewise, to the environment
//   unlike    spans that Node's own agents don't have on this Node, by name, with the reason
//   skip(major)  the reason why this version of Node can't run the tracer, if it can't
//
// run(name, work) gives what `work` does a root span of its own; mark(name) makes a span that ends
// at once, within the present context; spans() are all, see ../span-list.js.

const { NOWHERE } = require('../nowhere');

const [major] = process.versions.node.split('.').map(Number);

const openTelemetry = { name: 'OpenTelemetry', file: 'opentelemetry' };

const ddTrace = {
  name: 'dd-trace',
  file: 'dd-trace',
  env: {
    DD_TRACE_AGENT_URL: NOWHERE,
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_SERVICE: 'the-program',
  },
};

const newRelic = {
  name: 'New Relic',
  file: 'newrelic',
  unlike: major < 22 && {
    name: 'net.createConnection',
    why: "the agents of Node 20 pass a replaced net.createConnection() by; oxagent's do not",
  },
  // Without a collector.
  env: {
    NEW_RELIC_SERVERLESS_MODE_ENABLED: 'true',
    NEW_RELIC_APP_NAME: 'the-program',
    NEW_RELIC_LOG_ENABLED: 'false',
    NEW_RELIC_NO_CONFIG_FILE: 'true',
  },
};

const elasticApm = { name: 'Elastic APM', file: 'elastic-apm' };

// The same tracer in a program of ES modules, with the hook that it has for them.
function ofModules(tool, hook) {
  return {
    ...tool,
    name: `${tool.name} and ES modules`,
    modules: true,
    execArgv: ['--import', './hook.mjs'],
    env: { ...tool.env, HOOK: hook },
  };
}

const tools = [
  openTelemetry,
  ofModules(openTelemetry, '@opentelemetry/instrumentation/hook.mjs'),
  ddTrace,
  ofModules(ddTrace, 'dd-trace/loader-hook.mjs'),
  newRelic,
  ofModules(newRelic, 'newrelic/esm-loader.mjs'),
  elasticApm,
  ofModules(elasticApm, 'elastic-apm-node/loader.mjs'),
  { name: 'Sentry', file: 'sentry' },
  {
    name: 'Application Insights',
    file: 'application-insights',
    env: { APPLICATION_INSIGHTS_NO_STATSBEAT: 'true', OTEL_NODE_RESOURCE_DETECTORS: 'none' },
  },
  { name: 'X-Ray', file: 'aws-xray', env: { AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:9' } },
];

module.exports = { tools };
