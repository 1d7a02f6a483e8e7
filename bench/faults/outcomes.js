'use strict';

// How a number of requests ended.
class Outcomes {
  answered = 0;
  failed = 0;
  codes = {};

  // Takes the promise of one; resolves when it has ended, however.
  async count(exchange) {
    try {
      await exchange;
      this.answered += 1;
    } catch (error) {
      const code = error.code ?? error.message;
      this.failed += 1;
      this.codes[code] = (this.codes[code] ?? 0) + 1;
    }
  }
}

/** "12 ECONNRESET, 3 EPIPE"; "0" where none failed. */
function describeFailed({ codes }) {
  const parts = Object.entries(codes).map(([code, count]) => `${count} ${code}`);
  return parts.length > 0 ? parts.join(', ') : '0';
}

module.exports = { Outcomes, describeFailed };
