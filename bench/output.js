'use strict';

// Where a run's tables go, and its figures as JSON.

const fs = require('node:fs');

/** `json` is that flag's value: a file, '-' for stdout, which is then the JSON's alone, or undefined. */
class Output {
  #json;
  #tables;

  constructor(json) {
    this.#json = json;
    this.#tables = json === '-' ? process.stderr : process.stdout;
  }

  print = (text) => this.#tables.write(text);

  writeRecord(record) {
    if (this.#json === undefined) return;
    const text = `${JSON.stringify(record, null, 2)}\n`;
    if (this.#json === '-') process.stdout.write(text);
    else fs.writeFileSync(this.#json, text);
  }
}

module.exports = { Output };
