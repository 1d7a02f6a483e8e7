'use strict';

// A session of another kind: how often a request crosses into the kernel, from thread to thread, and
// from JavaScript to the addon and back.

const { Session } = require('./session');
const { watchSystemCalls } = require('./system-calls');
const { threadSwitches } = require('./thread-switches');

function perRequest(before, after, requests) {
  const names = Object.keys(after);
  return Object.fromEntries(
    names.map((name) => [name, (after[name] - (before[name] ?? 0)) / requests]),
  );
}

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

class Crossings extends Session {
  #bridgeCalls;

  constructor(library, target) {
    super(library, target);
    this.#bridgeCalls = library.bridgeCalls ?? (() => ({ byName: {}, wakes: 0 }));
  }

  // System calls have a slice of their own, as it costs something to count them.
  async measure(seconds) {
    const before = this.#counts();
    const figures = await this.slice(seconds);
    const after = this.#counts();
    const watched = await this.#watch(seconds);
    await this.stop();

    const { requests } = figures;
    const bridge = perRequest(before.bridge.byName, after.bridge.byName, requests);
    const counted = before.switches && after.switches;
    const switches = counted && perRequest(before.switches, after.switches, requests);
    return {
      ...figures,
      ...watched,
      systemCallsPerRequest: watched.systemCalls ? sum(watched.systemCalls) : null,
      waitsPerRequest: switches?.voluntary ?? null,
      preemptionsPerRequest: switches?.involuntary ?? null,
      bridge,
      bridgeCallsPerRequest: sum(bridge),
      wakesPerRequest: (after.bridge.wakes - before.bridge.wakes) / requests,
    };
  }

  #counts() {
    return { bridge: this.#bridgeCalls(), switches: threadSwitches() };
  }

  async #watch(seconds) {
    const { tool, end, why } = await watchSystemCalls();
    if (!end) return { notWatched: why };
    const { requests } = await this.slice(seconds);
    return { watchedBy: tool, systemCalls: perRequest({}, await end(), requests) };
  }
}

module.exports = { Crossings };
