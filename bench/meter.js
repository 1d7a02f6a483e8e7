'use strict';

// What a window of requests cost this process.

const { createHistogram, monitorEventLoopDelay } = require('node:perf_hooks');

const { peakRssBytes } = require('./memory');

const NS_PER_MS = 1e6;
const LONGEST_NS = 600e9;
// How often the loop's delay is looked at. The delays that are reported hold this interval.
const LOOK_MS = 1;

const newHistogram = () => createHistogram({ lowest: 1, highest: LONGEST_NS, figures: 3 });

class Meter {
  #latencies = newHistogram();
  #lates = newHistogram();
  #running = false;
  #requests = 0;
  #loopDelay = null;
  #beganAt;
  #loop;
  #cpu;
  #thread;

  // The loop's delay is measured only where it is asked for: looking at it wakes the loop.
  constructor({ loopDelay = false } = {}) {
    if (loopDelay) this.#loopDelay = monitorEventLoopDelay({ resolution: LOOK_MS });
  }

  begin() {
    this.#latencies.reset();
    this.#lates.reset();
    this.#requests = 0;
    this.#running = true;
    this.#loopDelay?.reset();
    this.#loopDelay?.enable();
    this.#loop = performance.eventLoopUtilization();
    this.#cpu = process.cpuUsage();
    this.#thread = process.threadCpuUsage?.();
    this.#beganAt = performance.now();
  }

  // `lateMs` is how long after its time a request began, where it had one.
  record(milliseconds, lateMs) {
    if (!this.#running) return;
    this.#requests += 1;
    recordIn(this.#latencies, milliseconds);
    if (lateMs !== undefined) recordIn(this.#lates, lateMs);
  }

  end({ bytesPerRequest }) {
    const seconds = (performance.now() - this.#beganAt) / 1e3;
    const loop = performance.eventLoopUtilization(this.#loop);
    const cpu = process.cpuUsage(this.#cpu);
    const thread = process.threadCpuUsage?.(this.#thread);
    this.#running = false;
    this.#loopDelay?.disable();

    const requests = this.#requests;
    if (requests === 0) throw new Error('no request ended within the window');
    return {
      requests,
      seconds,
      requestsPerSecond: requests / seconds,
      megabytesPerSecond: (requests * bytesPerRequest) / 1e6 / seconds,
      // Time in which the loop was not waiting for events. It is wall time: where cores are short
      // it holds the time spent waiting for one too, which the CPU figures do not.
      loopMicrosPerRequest: (loop.active * 1e3) / requests,
      loopBusy: loop.active / 1e3 / seconds,
      // Not to be had before Node 22.19 and 23.9.
      threadCpuMicrosPerRequest: thread ? (thread.user + thread.system) / requests : null,
      processCpuMicrosPerRequest: (cpu.user + cpu.system) / requests,
      p50Ms: this.#latencies.percentile(50) / NS_PER_MS,
      p99Ms: this.#latencies.percentile(99) / NS_PER_MS,
      maxMs: this.#latencies.max / NS_PER_MS,
      lateP99Ms: this.#lates.count > 0 ? this.#lates.percentile(99) / NS_PER_MS : null,
      loopDelayP99Ms: this.#loopDelay ? this.#loopDelay.percentile(99) / NS_PER_MS : null,
      peakRssMiB: peakRssBytes() / 2 ** 20,
    };
  }
}

function recordIn(histogram, milliseconds) {
  histogram.record(Math.max(1, Math.round(milliseconds * NS_PER_MS)));
}

module.exports = { Meter };
