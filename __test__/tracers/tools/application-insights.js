'use strict';

const { otelTool } = require('./otel-tool');

function start() {
  // Asks an address of Azure's what machine this is.
  const { azureVmDetector } = require('@opentelemetry/resource-detector-azure');
  azureVmDetector.detect = () => ({ attributes: {} });
  const { useAzureMonitor } = require('applicationinsights');
  const { processor, tool } = otelTool(require('@opentelemetry/api'));
  useAzureMonitor({
    azureMonitorExporterOptions: {
      connectionString:
        'InstrumentationKey=00000000-0000-0000-0000-000000000000;' +
        'IngestionEndpoint=http://127.0.0.1:9/',
      disableOfflineStorage: true,
    },
    // Not a few traces a second, but all.
    tracesPerSecond: 0,
    samplingRatio: 1,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
    spanProcessors: [processor],
  });
  return tool;
}

module.exports = { start };
