'use strict';

const { UsageError, numberIn, parseFlags, wholeNumberIn } = require('../scripts/flags');
const rows = require('./rows');
const scenarios = require('./scenarios');

const HELP = `usage: node bench/run.js [SCENARIO] [options]
       node bench/run.js faults [--help]    what is promised under faults and load

scenarios
${Object.values(scenarios)
  .map(({ name, summary }) => `  ${name.padEnd(15)} ${summary}`)
  .join('\n')}

options
  --at N,N,...      requests in flight at once (each with a connection of its own)
  --rounds N        rounds of every client, interleaved; the medians are reported (default 5;
                    3 for https-connect and https-parked)
  --seconds S       length of one measured window (default 2; 1 for https)
  --warmup S        length of the warm-up before each window (default 0.5)
  --only NAME,...   of ${rows.map(({ name }) => name).join(', ')}
  --server KIND     one of those of the scenario, which are tried in this order: hyper, nginx or
                    node for https and downloads, hyper or node for uploads, nginx, hyper or
                    node for http, nginx or node for https-connect and https-parked
  --json FILE       write every figure as JSON too; - for stdout (the tables then go to stderr)
  --profile --agent NAME --at N
                    one client, in this process, one window: made for node --cpu-prof
  --help
`;

const FLAGS = {
  at: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  warmup: { type: 'string', default: '0.5' },
  only: { type: 'string' },
  server: { type: 'string' },
  json: { type: 'string' },
  profile: { type: 'boolean', default: false },
  agent: { type: 'string' },
  help: { type: 'boolean', default: false },
};

function rowNamed(name) {
  const row = rows.find((candidate) => candidate.name.toLowerCase() === name.trim().toLowerCase());
  if (row) return row;
  throw new UsageError(`no row '${name}'; there are ${rows.map((r) => r.name).join(', ')}`);
}

const ROUNDS = '5';
const SECONDS = '2';

function runsIn(row, scenario) {
  if (row.secure !== undefined && row.secure !== Boolean(scenario.secure)) return false;
  return !row.scenarios || row.scenarios.includes(scenario.name);
}

function rowsNamed(names, scenario) {
  return names.split(',').map((name) => {
    const row = rowNamed(name);
    if (!runsIn(row, scenario)) throw new UsageError(`${row.name} has no part in ${scenario.name}`);
    return row;
  });
}

// nginx has room for 4,096 connections, and closes idle ones when a sixteenth of that is left.
const AT_MAX = 3500;

// The upper bounds keep a slip of the keyboard from running for a day.
function readOptions(argv) {
  const { values, positionals } = parseFlags(argv, FLAGS, { allowPositionals: true });
  if (values.help) return { help: true };

  if (positionals.length > 1) throw new UsageError(`one scenario a run, not ${positionals.length}`);
  const scenarioName = positionals[0] ?? 'http';
  const scenario = Object.hasOwn(scenarios, scenarioName) ? scenarios[scenarioName] : null;
  if (!scenario) throw new UsageError(`no scenario '${scenarioName}'`);

  if (values.server !== undefined && !scenario.servers.includes(values.server)) {
    const choice = scenario.servers.join(' or ');
    throw new UsageError(`--server is ${choice} for ${scenario.name}, not '${values.server}'`);
  }
  if (values.profile !== (values.agent !== undefined)) {
    throw new UsageError('--profile and --agent NAME go together');
  }
  const at = values.at?.split(',').map((text) => wholeNumberIn('at', text, 1, AT_MAX));
  if (values.profile && at !== undefined && at.length !== 1) {
    throw new UsageError('--profile takes one --at');
  }
  return {
    scenario,
    at: at ?? scenario.at,
    rounds: wholeNumberIn('rounds', values.rounds ?? scenario.rounds ?? ROUNDS, 1, 1000),
    seconds: numberIn('seconds', values.seconds ?? scenario.seconds ?? SECONDS, 0.05, 600),
    warmupSeconds: numberIn('warmup', values.warmup, 0, 60),
    rows:
      values.only === undefined
        ? rows.filter((row) => runsIn(row, scenario))
        : rowsNamed(values.only, scenario),
    // A row asked for by name that cannot run is a failure; one of the default rows is a notice.
    askedByName: values.only !== undefined,
    servers: values.server === undefined ? scenario.servers : [values.server],
    json: values.json,
    profile: values.profile ? rowsNamed(values.agent, scenario)[0] : null,
  };
}

module.exports = { readOptions, HELP };
