'use strict';

// Plain text, with a progress line that is written over in a terminal and left out elsewhere.

const live = process.stdout.isTTY === true;

function print(text = '') {
  if (live) process.stdout.write('\r\x1b[K');
  process.stdout.write(`${text}\n`);
}

function progress(done, total, text) {
  if (!live) return;
  const width = 20;
  const filled = Math.round((done / total) * width);
  process.stdout.write(`\r\x1b[K[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${text}`);
}

// The first column is text, the others are figures.
function printTable(head, lines) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column].length)),
  );
  const row = (cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('   ');
  print(`  ${row(head)}`);
  print(`  ${row(widths.map((width) => '-'.repeat(width)))}`);
  for (const line of lines) print(`  ${row(line)}`);
}

module.exports = { print, printTable, progress };
