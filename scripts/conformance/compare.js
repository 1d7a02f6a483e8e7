'use strict';

// Every file plain, and swapped where it passes plain. Those that fail while others run are run
// once more with the machine to themselves: only what fails there too has failed.

async function compare(files, runner, jobs, onDone) {
  const outcomes = new Map();
  const run = async (file, lane) => {
    const plain = await runner.run(file, { swapped: false, lane });
    const swapped =
      plain.passed && !plain.skipped ? await runner.run(file, { swapped: true, lane }) : null;
    return { id: file.id, plain, swapped, again: false };
  };

  const together = files.filter(({ alone }) => !alone);
  const work = async (lane) => {
    for (let file = together.shift(); file; file = together.shift()) {
      const outcome = await run(file, lane);
      outcomes.set(file.id, outcome);
      onDone(outcome);
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, lane) => work(lane)));

  for (const file of files) {
    const before = outcomes.get(file.id);
    if (before && !hasFailed(before)) continue;
    const outcome = { ...(await run(file, 0)), again: before !== undefined };
    outcomes.set(file.id, outcome);
    onDone(outcome);
  }
  return files.map(({ id }) => outcomes.get(id));
}

function hasFailed({ plain, swapped }) {
  return !plain.passed || swapped?.passed === false;
}

module.exports = { compare };
