'use strict';

const Table = require('cli-table3');

// Lines only under the head: it is read in terminals, mails and issues alike.
const CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

// Text in the first columns, figures in all others.
function table(head, lines, textColumns = 1) {
  const built = new Table({
    chars: CHARS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (column < textColumns ? 'left' : 'right')),
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column].length)),
  );
  built.push(
    head,
    widths.map((width) => '-'.repeat(width)),
    ...lines,
  );
  return built.toString();
}

function figure(value, digits) {
  if (value === null || !Number.isFinite(value)) return '-';
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

module.exports = { table, figure };
