'use strict';

// The command line of the faults: see `node bench/run.js faults --help`.

const { UsageError } = require('../../scripts/flags');
const { Output } = require('../../scripts/output');
const { ensureInstalled } = require('../install');
const { machine } = require('../machine');
const { Progress } = require('../progress');
const { medians } = require('../stats');
const { CLIENTS } = require('./agents');
const { HELP, readOptions } = require('./options');

const progress = new Progress();

/**
 * { way, client, figures, rounds, failure, broken } of each client in one way. The clients take
 * turns; `rounds` are the figures of each, and `broken` what oxagent's lack.
 */
async function measureWay(fault, way, settings) {
  const { clients = CLIENTS, rounds = 1 } = fault;
  const results = clients.map((client) => ({ client, measured: [], failure: null }));
  for (let round = 0; round < rounds; round += 1) {
    for (const result of results.filter(({ failure }) => failure === null)) {
      progress.update(`${fault.name}, ${way.name}, ${round + 1} of ${rounds}: ${result.client}`);
      try {
        result.measured.push(await fault.measure(result.client, way, settings));
      } catch (error) {
        result.failure = error.message;
      }
    }
  }
  progress.clear();

  const rows = results.map(({ client, measured, failure }) => {
    const figures = failure ? null : rounds === 1 ? measured[0] : medians(measured);
    return { way, client, figures, rounds: measured, failure, broken: [] };
  });
  const [own, ...others] = rows;
  own.broken = own.failure
    ? [own.failure]
    : fault.broken(
        own.figures,
        Object.fromEntries(others.map(({ client, figures }) => [client, figures])),
      );
  return rows;
}

async function measureFault(fault, options, print) {
  const { describe, heading } = require('./report'); // Needs what ensureInstalled() brought.
  const settings = {
    requests: fault.requests && (options.requests ?? fault.requests),
    seed: options.seed,
  };
  print(heading(fault, settings));
  const rows = [];
  for (const way of fault.ways) rows.push(...(await measureWay(fault, way, settings)));
  print(describe(fault, rows));
  return { fault: fault.name, promise: fault.promise, ...settings, rows };
}

async function measureAll(options, print) {
  const here = machine();
  print(`Node ${here.node}, ${here.cores} x ${here.cpu}, ${here.platform}
load average before the run: ${here.loadAverage.toFixed(2)}

`);
  const results = [];
  for (const fault of options.faults) results.push(await measureFault(fault, options, print));
  const broken = results.filter(({ rows }) => rows.some((row) => row.broken.length > 0));
  print(
    broken.length === 0
      ? 'oxagent does what is promised.\n'
      : `oxagent does less than is promised: ${broken.map(({ fault }) => fault).join(', ')}\n`,
  );
  const record = { date: new Date().toISOString(), machine: here, results };
  return { ok: broken.length === 0, record };
}

async function main(argv) {
  let options;
  try {
    options = readOptions(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    progress.note(`${error.message}\n\n${HELP}`);
    process.exitCode = 1;
    return;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  ensureInstalled();

  const output = new Output(options.json);
  const { ok, record } = await measureAll(options, output.print);
  output.writeRecord(record);
  if (!ok) process.exitCode = 1;
}

module.exports = { main };
