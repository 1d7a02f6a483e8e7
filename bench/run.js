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
  if (scenario.parked) return 'each in a new process';
  if (scenario.requests === undefined) return `${seconds} s each`;
  return `${scenario.requests.toLocaleString('en-US')} requests each`;
}

async function compare(options, server, print) {
  const { describe, summarize } = require('./report'); // Needs what ensureInstalled() brought.
  const { scenario, rounds, seconds, warmupSeconds } = options;
  const { available, missing } = await availableRows(options);
  if (available.length === 0) throw new Error('there is nothing to measure');

  const here = machine();
  print(`${scenario.name}: ${scenario.summary}
Node ${here.node}, ${here.cores} x ${here.cpu}, ${here.platform}
load average before the run: ${here.loadAverage.toFixed(2)}
server: ${server.name} ${server.version}, a process of its own, over loopback
medians of ${rounds} interleaved rounds, ${windowLength(options)}

`);

  const results = [];
  for (const at of options.at) {
    const rows = available.filter((row) => !row.at || row.at.includes(at));
    const settings = { server, scenario, at, rounds, seconds, warmupSeconds };
    const measured = await runRounds(rows, settings, (text) => {
      progress.update(`${at} at once, ${text}`);
    });
    progress.clear();
    const summary = summarize(scenario, at, measured);
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
      settings: { rounds, seconds, warmupSeconds },
      missing,
      results,
    },
  };
}

async function main(argv) {
  if (argv[0] === 'faults') {
    await require('./faults/run').main(argv.slice(1));
    return;
  }
  const options = readOptions(argv);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  ensureInstalled();

  const output = new Output(options.json);
  const { secure, largeBytes } = options.scenario;
  const server = await startServer(options.servers, { largeBytes, secure }, (text) => {
    progress.note(`bench: ${text}`);
  });
  try {
    if (options.profile) {
      const figures = await profile(options.profile, server, options);
      process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
      return;
    }
    const { ok, record } = await compare(options, server, output.print);
    output.writeRecord(record);
    if (!ok) process.exitCode = 1;
  } finally {
    await server.end();
  }
}

main(process.argv.slice(2)).catch((error) => {
  progress.note(
    error instanceof UsageError ? `${error.message}\n\n${HELP}` : `bench: ${error.message}`,
  );
  process.exitCode = 1;
});
