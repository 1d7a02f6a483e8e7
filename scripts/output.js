'use strict';

// Where what a run has to say goes: as text, and as JSON for a program.

const fs = require('node:fs');

/** `json` is that flag's value: a file, '-' for stdout, which is then the JSON's alone, or none. */
class Output {
  #json;
  #text;

  constructor(json) {
    this.#json = json;
    this.#text = json === '-' ? process.stderr : process.stdout;
  }

  print = (text) => this.#text.write(text);

  writeRecord(record) {
    if (this.#json === undefined) return;
    const text = `${JSON.stringify(record, null, 2)}\n`;
    if (this.#json === '-') process.stdout.write(text);
    else fs.writeFileSync(this.#json, text);
  }
}

module.exports = { Output };
