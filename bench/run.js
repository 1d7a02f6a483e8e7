'use strict';

// The benchmark's command line: see `node bench/run.js --help`.

const { UsageError } = require('../scripts/flags');
const { Output } = require('../scripts/output');
const { ensureInstalled } = require('./install');
const { machine } = require('./machine');
const { HELP, readOptions } = require('./options');
const { profile } = require('./profile');
const { Progress } = require('./progress');
const { Client, runRounds } = require('./rounds');
const { startServer } = require('./server');
const { stepTitle } = require('./steps');

const progress = new Progress();

// Rows whose library loads here; the others are named with their reason, and left out.
async function availableRows({ rows, scenario }) {
  const available = [];
  const missing = [];
  for (const row of rows) {
    try {
      const client = new Client(row, scenario);
      await client.start();
      await client.end();
      available.push(row);
    } catch (error) {
      missing.push({ name: row.name, cause: error.message });
      progress.note(`bench: no row for ${row.name}: ${error.message}`);
    }
  }
  return { available, missing };
}

function windowLength({ scenario, seconds }) {
  if (scenario.window !== undefined) return scenario.window;
  if (scenario.requests === undefined) return `${seconds} s each`;
  return `${scenario.requests.toLocaleString('en-US')} requests each`;
}

// What else the figures depend on.
function circumstances({ insecure }) {
  const lines = [];
  if (insecure) lines.push('rejectUnauthorized: false, without a ca\n');
  const { OXAGENT_IO: io } = process.env;
  if (io !== undefined) lines.push(`OXAGENT_IO=${io} where a row has none of its own\n`);
  return lines.join('');
}

async function compare(options, servers, print) {
  const { describe, summarize } = require('./report'); // Needs what ensureInstalled() brought.
  const { scenario, insecure, rounds, seconds, warmupSeconds } = options;
  const { available, missing } = await availableRows(options);
  if (available.length === 0) throw new Error('there is nothing to measure');

  const { server } = servers;
  const here = machine();
  print(`${scenario.name}: ${scenario.summary}
Node ${here.node}, ${here.cores} x ${here.cpu}, ${here.platform}
load average before the run: ${here.loadAverage.toFixed(2)}
server: ${server.name} ${server.version}, a process of its own, over loopback
${circumstances(options)}medians of ${rounds} interleaved rounds, ${windowLength(options)}

`);

  const results = [];
  for (const step of options.steps) {
    const rows = available.filter((row) => !row.at || row.at.includes(step.at));
    const settings = { ...servers, scenario, step, insecure, rounds, seconds, warmupSeconds };
    const measured = await runRounds(rows, settings, (text) => {
      progress.update(`${stepTitle(step)}, ${text}`);
    });
    progress.clear();
    const summary = summarize(scenario, step, measured);
    print(describe(scenario, summary));
    results.push(summary);
  }

  const failed = results.some(({ clients }) => clients.some((client) => client.failure));
  return {
    ok: !failed && !(options.askedByName && missing.length > 0),
    record: {
      scenario: scenario.name,
      date: new Date().toISOString(),
      machine: here,
      server: { name: server.name, version: server.version },
      settings: { rounds, seconds, warmupSeconds, insecure, io: process.env.OXAGENT_IO },
      missing,
      results,
    },
  };
}

// Calls `use` with the servers of a scenario, and ends them.
async function withServers({ scenario, servers: kinds }, use) {
  const { largeBytes, delayMs, secure, more: names = [] } = scenario;
  const started = [];
  const start = async () => {
    const settings = { largeBytes, delayMs, secure };
    const server = await startServer(kinds, settings, (text) => progress.note(`bench: ${text}`));
    started.push(server);
    return server;
  };
  try {
    const server = await start();
    const more = {};
    for (const name of names) more[name] = await start();
    return await use({ server, more });
  } finally {
    await Promise.all(started.map((server) => server.end()));
  }
}

async function main(argv) {
  if (argv[0] === 'faults') {
    await require('./faults/run').main(argv.slice(1));
    return;
  }
  const { help, runs, profile: row, json } = readOptions(argv);
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  ensureInstalled();
  if (runs.some(({ scenario }) => scenario.tracer)) require('./tracers').installTracers();

  if (row) {
    const figures = await withServers(runs[0], (servers) => profile(row, servers, runs[0]));
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
    return;
  }
  const output = new Output(json);
  const records = [];
  for (const run of runs) {
    const { ok, record } = await withServers(run, (servers) => compare(run, servers, output.print));
    records.push(record);
    if (!ok) process.exitCode = 1;
  }
  output.writeRecord(records.length === 1 ? records[0] : { runs: records });
}

main(process.argv.slice(2)).catch((error) => {
  progress.note(
    error instanceof UsageError ? `${error.message}\n\n${HELP}` : `bench: ${error.message}`,
  );
  process.exitCode = 1;
});
