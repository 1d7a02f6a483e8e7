'use strict';

// A session of another kind: how long requests on warm connections take while the same process
// makes connections, `at` of them at once, and downloads. Each of the three has a server of its own:
// what the requests wait for is in the client.

const { Load } = require('./load');
const { Meter } = require('./meter');
const { PATH, parseNegotiated } = require('./negotiated');
const { PacedLoad } = require('./paced-load');

// Compiles what a connection needs.
const WARM_UP_HANDSHAKES = 200;

const NO_METER = { record() {} };

// What was due while the loop was busy has waited from then on.
class ProbeMeter extends Meter {
  record(milliseconds, lateMs) {
    super.record(milliseconds + lateMs, lateMs);
  }
}

// The same large body again and again, until it is stopped.
class Download {
  #client;
  #path;
  #ended;
  #stopped = false;
  bytes = 0;

  constructor(client, path) {
    this.#client = client;
    this.#path = path;
  }

  // Resolves when the first bytes have come.
  start() {
    return new Promise((resolve, reject) => {
      this.#ended = this.#loop((chunk) => {
        this.bytes += chunk.length;
        resolve();
      });
      this.#ended.catch(reject);
    });
  }

  async #loop(onChunk) {
    try {
      while (!this.#stopped) await this.#client.download(this.#path, onChunk);
    } catch (error) {
      if (!this.#stopped) throw error;
    }
  }

  // In the middle of a body. Rejects with what it had failed of.
  async stop() {
    this.#stopped = true;
    await this.#client.close();
    await this.#ended;
  }
}

class Fairness {
  #scenario;
  #at;
  #probing;
  #connecting;
  #meter = new ProbeMeter();
  #probes;
  #download;

  constructor(library, { scenario, more, ...target }) {
    const { probes, handshakes, download } = scenario;
    this.#scenario = scenario;
    this.#at = target.at;
    const connect = (part) => library.connect({ ...target, scenario, ...part });
    this.#probing = connect({ ...more.probes, at: probes.at });
    this.#connecting = connect({ scenario: { ...scenario, ...handshakes } });
    this.#probes = new PacedLoad(this.#probing.send, probes, this.#meter);
    this.#download = new Download(connect({ ...more.download, at: 1 }), download.path);
  }

  #connect(count) {
    return new Load(this.#connecting.send, this.#at, NO_METER).run(count);
  }

  async warmUp() {
    await this.#connect(Math.max(WARM_UP_HANDSHAKES, this.#at));
    await this.#download.start();
    await this.#probes.start();
  }

  // As long as it takes to make the connections.
  async measure() {
    const { handshakes, response } = this.#scenario;
    const bytesBefore = this.#download.bytes;
    const beganAt = performance.now();
    this.#meter.begin();
    await this.#connect(handshakes.requests);
    const seconds = (performance.now() - beganAt) / 1e3;
    const downloaded = this.#download.bytes - bytesBefore;
    // Those that have waited longest may be among those without an answer.
    await this.#probes.stop();
    const figures = this.#meter.end({ bytesPerRequest: response.bytes });
    await this.#download.stop();
    return {
      ...figures,
      handshakes: handshakes.requests,
      handshakesPerSecond: handshakes.requests / seconds,
      downloadedMBPerSecond: downloaded / 1e6 / seconds,
    };
  }

  async negotiated() {
    return parseNegotiated(await this.#probing.read(PATH));
  }

  async close() {
    await Promise.all([this.#probing.close(), this.#connecting.close()]);
  }
}

module.exports = { Fairness };
