'use strict';

// From the rounds to what is read: tables for people, one object for programs.

const { describeNegotiated } = require('./negotiated');
const { medians, pairedRatio } = require('./stats');
const { stepTitle } = require('./steps');
const { figure, table } = require('./table');

// What all are compared with, unless the scenario says otherwise.
const NODES_OWN = ['http.Agent', 'https.Agent'];

// Everything that is known of one number at once; this is what lands in the JSON.
function summarize(scenario, step, results) {
  const { against = NODES_OWN } = scenario;
  const baselines = results.filter(({ row }) => against.includes(row.name));
  return {
    ...step,
    clients: results.map(({ row, version, negotiated, rounds, failure }) => {
      const reconnects = rounds.reduce((sum, round) => sum + round.reconnects, 0);
      const others = baselines.filter((baseline) => baseline.row !== row);
      return {
        name: row.name,
        version,
        negotiated,
        failure,
        reconnected: reconnects !== 0 && !row.reconnects,
        reconnects,
        median: medians(rounds),
        against: Object.fromEntries(
          others.map((other) => [other.row.name, ratiosOf(scenario, rounds, other.rounds)]),
        ),
        rounds,
      };
    }),
    baselines: baselines.map(({ row }) => row.name),
  };
}

function ratiosOf(scenario, rounds, baselineRounds) {
  return Object.fromEntries(
    scenario.ratios.map(({ head, of }) => [head, pairedRatio(rounds, baselineRounds, of)]),
  );
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

function ratiosTable(scenario, clients, baseline) {
  const head = ['', ...scenario.ratios.map((ratio) => ratio.head)];
  const cell = (ratio) => {
    if (!ratio) return '-';
    return `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)})`;
  };
  const lines = clients
    .filter(({ against }) => against[baseline])
    .map(({ name, against }) => [
      name,
      ...scenario.ratios.map((ratio) => cell(against[baseline][ratio.head])),
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
  const { baselines, clients } = summary;
  const parts = [stepTitle(summary), '', figuresTable(scenario, clients), ''];
  if (scenario.details) parts.push(...clients.flatMap(scenario.details), '');
  for (const baseline of clients.length > 1 ? baselines : []) {
    const { length } = clients.find(({ name }) => name === baseline).rounds;
    parts.push(
      `against ${baseline}, round by round: median (least-most) of ${length} rounds`,
      '',
      ratiosTable(scenario, clients, baseline),
      '',
    );
  }
  if (scenario.secure) parts.push(...negotiations(summary), '');
  const warned = warnings(summary);
  if (warned.length > 0) parts.push(...warned, '');
  return `${parts.join('\n')}\n`;
}

module.exports = { summarize, describe };
