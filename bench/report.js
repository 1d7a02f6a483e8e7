'use strict';

// From the rounds to what is read: tables for people, one object for programs.

const { describeNegotiated } = require('./negotiated');
const { medians, pairedRatio } = require('./stats');
const { figure, table } = require('./table');

// Everything that is known of one number at once; this is what lands in the JSON.
function summarize(scenario, at, results) {
  const baseline = results.find(({ row }) => row.baseline);
  return {
    at,
    baseline: baseline?.row.name,
    clients: results.map(({ row, version, negotiated, rounds, failure }) => {
      const reconnects = rounds.reduce((sum, round) => sum + round.reconnects, 0);
      const ratios = {};
      if (baseline && row !== baseline.row) {
        for (const { head, of } of scenario.ratios) {
          ratios[head] = pairedRatio(rounds, baseline.rounds, of);
        }
      }
      return {
        name: row.name,
        version,
        negotiated,
        failure,
        reconnected: reconnects !== 0 && !row.reconnects,
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

function ratiosTable(scenario, { clients, baseline }) {
  const head = ['', ...scenario.ratios.map((ratio) => ratio.head)];
  const cell = (ratio) => {
    if (!ratio) return '-';
    return `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`;
  };
  const lines = clients
    .filter(({ name }) => name !== baseline)
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
      const how = `${Math.abs(reconnects)} connections ${reconnects > 0 ? 'more' : 'fewer'}`;
      lines.push(`(!) ${name} opened ${how} than it had to in its measured windows`);
    }
  }
  const ciphers = clients.flatMap(({ negotiated }) => negotiated?.cipher ?? []);
  if (new Set(ciphers).size > 1) lines.push('(!) these clients are not compared at one cipher');
  return lines;
}

// What each was compared at.
function negotiations({ clients }) {
  const answered = clients.filter(({ negotiated }) => negotiated);
  const lines = answered.map(({ name, negotiated }) => [name, describeNegotiated(negotiated)]);
  const width = Math.max(0, ...lines.map(([name]) => name.length));
  return lines.map(([name, words]) => `${name.padEnd(width)}  ${words}`);
}

function describe(scenario, summary) {
  const { at, baseline, clients } = summary;
  const parts = [`${at.toLocaleString('en-US')} at once`, '', figuresTable(scenario, clients), ''];
  const compared = baseline !== undefined && clients.length > 1;
  if (compared) {
    parts.push(
      `against ${baseline}, round by round: median (least-most)`,
      '',
      ratiosTable(scenario, summary),
      '',
    );
  }
  if (scenario.secure) parts.push(...negotiations(summary), '');
  const warned = warnings(summary);
  if (warned.length > 0) parts.push(...warned, '');
  return `${parts.join('\n')}\n`;
}

module.exports = { summarize, describe };
