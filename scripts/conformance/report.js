'use strict';

// What a run has shown, for people and as JSON.

const known = require('./known-differences');

function summarize(outcomes) {
  const compared = outcomes.filter(({ swapped }) => swapped !== null);
  const failed = compared.filter(({ swapped }) => !swapped.passed);
  return {
    files: outcomes.length,
    skipped: outcomes.filter(({ plain }) => plain.passed && plain.skipped).length,
    failedPlain: outcomes.filter(({ plain }) => !plain.passed).map(({ id }) => id),
    passedPlain: compared.length,
    passedSwapped: compared.length - failed.length,
    knownDifferences: failed
      .filter(({ id }) => known[id])
      .map(({ id }) => ({ id, reason: known[id] })),
    // A reason that has become untrue.
    knownButPassed: compared
      .filter(({ id, swapped }) => known[id] && swapped.passed)
      .map(({ id }) => id),
    differences: failed
      .filter(({ id }) => !known[id])
      .map(({ id, swapped: { how, output } }) => ({ id, how, output })),
    passedAlone: outcomes
      .filter(({ again, swapped }) => again && swapped?.passed)
      .map(({ id }) => id),
  };
}

function describe(summary, version) {
  const lines = [];
  for (const { id, how, output } of summary.differences) {
    lines.push(`DIFFERS ${id}: ${how} with oxagent`, indent(lastLines(output)), '');
  }
  for (const { id, reason } of summary.knownDifferences) {
    lines.push(`known difference: ${id}`, indent(reason), '');
  }
  for (const id of summary.knownButPassed) {
    lines.push(`a known difference that is none any more: ${id}`, '');
  }
  if (summary.passedAlone.length > 0) {
    lines.push('passed only when nothing else ran:', indent(summary.passedAlone.join('\n')), '');
  }
  const { passedPlain, passedSwapped } = summary;
  const share = passedPlain === 0 ? 0 : (100 * passedSwapped) / passedPlain;
  lines.push(
    `Node ${version}: of ${summary.files} files ${passedPlain} pass plain, ` +
      `${summary.failedPlain.length} fail plain, ${summary.skipped} skip themselves`,
    `with oxagent pass ${passedSwapped} of those ${passedPlain} (${share.toFixed(2)}%), ` +
      `${summary.knownDifferences.length} are known differences, ` +
      `${summary.differences.length} differ`,
    '',
  );
  return lines.join('\n');
}

const LINES_SHOWN = 30;

function lastLines(text) {
  return text.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
}

function indent(text) {
  return text.replace(/^/gm, '    ');
}

module.exports = { describe, summarize };
