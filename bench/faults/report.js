'use strict';

// From the figures to what is read.

const { figure, table } = require('../table');
const { titleOf } = require('./agents');

function heading({ name, summary, promise }, { requests, seed }) {
  const many = requests === undefined ? '' : `${requests.toLocaleString('en-US')} requests a way, `;
  return `${name}: ${summary}\npromised: ${promise}\n${many}seed ${seed}\n\n`;
}

function cell(value, digits = 0) {
  return typeof value === 'number' ? figure(value, digits) : (value ?? '-');
}

function describe({ columns }, rows) {
  const head = ['', 'client', ...columns.map((column) => column.head)];
  const lines = rows.map(({ way, client, figures, broken, failure }) => [
    way.name,
    titleOf(client, way.secure) + (broken.length > 0 || failure ? ' (!)' : ''),
    ...columns.map(({ of, digits }) => (figures ? cell(of(figures), digits) : '-')),
  ]);
  const warnings = rows.flatMap(({ way, client, broken, failure }) => {
    const said = broken.length > 0 ? broken : failure ? [failure] : [];
    return said.map((text) => `(!) ${way.name}, ${titleOf(client, way.secure)}: ${text}`);
  });
  const below = warnings.length > 0 ? `${warnings.join('\n')}\n\n` : '';
  return `${table(head, lines, 2)}\n\n${below}`;
}

module.exports = { describe, heading };
