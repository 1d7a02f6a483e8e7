'use strict';

// From the rounds to what is read: tables for people, one object for programs.

const { medians, pairedRatio } = require('./stats');
const { figure, table } = require('./table');

const BASELINE = 'http.Agent';

// Everything that is known of one number at once; this is what lands in the JSON.
function summarize(scenario, at, results) {
  const baseline = results.find(({ row }) => row.name === BASELINE);
  return {
    at,
    clients: results.map(({ row, version, rounds, failure }) => {
      const reconnects = rounds.reduce((sum, round) => sum + round.reconnects, 0);
      const ratios = {};
      if (baseline && row.name !== BASELINE) {
        for (const { head, of } of scenario.ratios) {
          ratios[head] = pairedRatio(rounds, baseline.rounds, of);
        }
      }
      return {
        name: row.name,
        version,
        failure,
        reconnected: reconnects > 0 && !row.reconnects,
        reconnects,
        median: medians(rounds),
        ratios,
        rounds,
      };
    }),
  };
}

function title({ name, version }) {
  return `${name} ${version.replace(/^v/, '')}`;
}

function figuresTable(scenario, clients) {
  const head = ['', ...scenario.columns.map((column) => column.head)];
  const lines = clients.map((client) => [
    title(client) + (client.reconnected || client.failure ? ' (!)' : ''),
    ...scenario.columns.map(({ of, digits }) =>
      client.median ? figure(of(client.median), digits) : '-',
    ),
  ]);
  return table(head, lines);
}

function ratiosTable(scenario, clients) {
  const head = ['', ...scenario.ratios.map((ratio) => ratio.head)];
  const cell = (ratio) => {
    if (!ratio) return '-';
    return `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`;
  };
  const lines = clients
    .filter(({ name }) => name !== BASELINE)
    .map((client) => [
      client.name,
      ...scenario.ratios.map((ratio) => cell(client.ratios[ratio.head])),
    ]);
  return table(head, lines);
}

function warnings({ clients }) {
  const lines = [];
  for (const { name, failure, reconnected, reconnects } of clients) {
    if (failure) lines.push(`(!) ${name} failed: ${failure}`);
    if (reconnected) {
      lines.push(`(!) ${name} opened ${reconnects} new connections in its measured windows`);
    }
  }
  return lines;
}

function describe(scenario, summary) {
  const { at, clients } = summary;
  const parts = [`${at.toLocaleString('en-US')} at once`, '', figuresTable(scenario, clients), ''];
  const compared = clients.some(({ name }) => name === BASELINE) && clients.length > 1;
  if (compared) {
    parts.push(
      `against ${BASELINE}, round by round: median (least-most)`,
      '',
      ratiosTable(scenario, clients),
      '',
    );
  }
  const warned = warnings(summary);
  if (warned.length > 0) parts.push(...warned, '');
  return `${parts.join('\n')}\n`;
}

module.exports = { summarize, describe };
