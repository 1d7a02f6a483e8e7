'use strict';

const { UsageError, numberIn, parseFlags, wholeNumberIn } = require('../scripts/flags');
const { findRow, rows } = require('./rows');
const { groups, scenarios } = require('./scenarios');
const { stepsOf } = require('./steps');

const HELP = `usage: node bench/run.js [SCENARIO] [options]
       node bench/run.js faults [--help]    what is promised under faults and load

scenarios
${Object.values(scenarios)
  .map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`)
  .join('\n')}
${Object.entries(groups)
  .map(([name, members]) => `  ${name.padEnd(20)} ${members.join(', then ')}`)
  .join('\n')}

options
  --at N,N,...      requests in flight at once (each with a connection of its own)
  --rate N,N,...    requests a second, for the scenarios that are paced
  --rounds N        rounds of every client, interleaved; the medians are reported (default 5;
                    3 for https-connect, https-parked and crossings)
  --seconds S       length of one measured window (default 2; 1 for http, https, floor,
                    traced and crossings)
  --warmup S        length of the warm-up before each window (default 0.5)
  --only NAME,...   of ${rows.map(({ name }) => name).join(', ')};
                    oxagent:auto, oxagent:thread and oxagent:loop are oxagent with that OXAGENT_IO
  --insecure        over TLS: rejectUnauthorized is false, and there is no ca
  --server KIND     one of those of the scenario, which are tried in this order: hyper, nginx or
                    node for https and downloads, hyper or node for uploads, paced and fairness,
                    nginx, hyper or node for http, nginx or node for https-connect and
                    https-parked
  --json FILE       write every figure as JSON too; - for stdout (the tables then go to stderr)
  --profile --agent NAME --at N (or --rate N)
                    one client, in this process, one window: made for node --cpu-prof
  --help
`;

const FLAGS = {
  at: { type: 'string' },
  rate: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  warmup: { type: 'string', default: '0.5' },
  only: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  server: { type: 'string' },
  json: { type: 'string' },
  profile: { type: 'boolean', default: false },
  agent: { type: 'string' },
  help: { type: 'boolean', default: false },
};

const ROUNDS = '5';
const SECONDS = '2';

// nginx has room for 4,096 connections, and closes idle ones when a sixteenth of that is left.
const AT_MAX = 3500;
// More than any client does.
const RATE_MAX = 100_000;

function runsIn({ name, secure, scenarios: only }, scenario) {
  if (secure !== undefined && secure !== Boolean(scenario.secure)) return false;
  if (only && !only.includes(scenario.name)) return false;
  const [base] = name.split(':');
  return !scenario.clients || scenario.clients.includes(base);
}

function rowsNamed(names, chosen) {
  return names.split(',').map((name) => {
    const row = findRow(name);
    if (!row)
      throw new UsageError(`no row '${name}'; there are ${rows.map((r) => r.name).join(', ')}`);
    if (chosen.some((scenario) => runsIn(row, scenario))) return row;
    throw new UsageError(`${row.name} has no part in ${chosen.map((s) => s.name).join(', ')}`);
  });
}

function scenariosNamed(name) {
  if (Object.hasOwn(groups, name)) return groups[name].map((member) => scenarios[member]);
  if (Object.hasOwn(scenarios, name)) return [scenarios[name]];
  throw new UsageError(`no scenario '${name}'`);
}

// The upper bounds keep a slip of the keyboard from running for a day.
function stepsFrom({ at, rate }, scenario) {
  if (at !== undefined && scenario.rates) {
    throw new UsageError(`${scenario.name} takes --rate, not --at`);
  }
  if (rate !== undefined && !scenario.rates) {
    throw new UsageError(`${scenario.name} takes --at, not --rate`);
  }
  return stepsOf(scenario, {
    at: at?.split(',').map((text) => wholeNumberIn('at', text, 1, AT_MAX)),
    rates: rate?.split(',').map((text) => wholeNumberIn('rate', text, 1, RATE_MAX)),
  });
}

// What one scenario is run with.
function settingsOf(scenario, values, named) {
  if (values.server !== undefined && !scenario.servers.includes(values.server)) {
    const choice = scenario.servers.join(' or ');
    throw new UsageError(`--server is ${choice} for ${scenario.name}, not '${values.server}'`);
  }
  return {
    scenario,
    steps: stepsFrom(values, scenario),
    rounds: wholeNumberIn('rounds', values.rounds ?? scenario.rounds ?? ROUNDS, 1, 1000),
    seconds: numberIn('seconds', values.seconds ?? scenario.seconds ?? SECONDS, 0.05, 600),
    warmupSeconds: numberIn('warmup', values.warmup, 0, 60),
    insecure: values.insecure && Boolean(scenario.secure),
    rows: (named ?? rows).filter((row) => runsIn(row, scenario)),
    // A row asked for by name that cannot run is a failure; one of the default rows is a notice.
    askedByName: named !== undefined,
    servers: values.server === undefined ? scenario.servers : [values.server],
  };
}

function readOptions(argv) {
  const { values, positionals } = parseFlags(argv, FLAGS, { allowPositionals: true });
  if (values.help) return { help: true };

  if (positionals.length > 1) throw new UsageError(`one scenario a run, not ${positionals.length}`);
  const chosen = scenariosNamed(positionals[0] ?? 'http');
  if (values.insecure && !chosen.some(({ secure }) => secure)) {
    throw new UsageError('--insecure is for what goes over TLS');
  }
  if (values.profile !== (values.agent !== undefined)) {
    throw new UsageError('--profile and --agent NAME go together');
  }
  const named = values.only === undefined ? undefined : rowsNamed(values.only, chosen);
  const runs = chosen.map((scenario) => settingsOf(scenario, values, named));
  if (!values.profile) return { runs, json: values.json };

  if (runs.length > 1) throw new UsageError('--profile takes one scenario');
  if (runs[0].steps.length > 1 && (values.at ?? values.rate) !== undefined) {
    throw new UsageError('--profile takes one --at or --rate');
  }
  return { runs, profile: rowsNamed(values.agent, chosen)[0] };
}

module.exports = { readOptions, HELP };
