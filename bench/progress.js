'use strict';

// Where the run is, on stderr: one line that is written over in a terminal, and nothing but the
// lines that stay everywhere else.

class Progress {
  #live = process.stderr.isTTY === true;

  update(text) {
    if (this.#live) process.stderr.write(`\r\x1b[K${text}`);
  }

  clear() {
    if (this.#live) process.stderr.write('\r\x1b[K');
  }

  note(text) {
    this.clear();
    process.stderr.write(`${text}\n`);
  }
}

module.exports = { Progress };
