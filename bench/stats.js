'use strict';

function median(values) {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The median of each figure over the rounds; null where a round lacks it, or it is no number.
function medians(rounds) {
  if (rounds.length === 0) return null;
  const of = (figure) => {
    const values = rounds.map((round) => round[figure]);
    return values.every((value) => typeof value === 'number') ? median(values) : null;
  };
  return Object.fromEntries(Object.keys(rounds[0]).map((figure) => [figure, of(figure)]));
}

// Round i against round i of the baseline, which ran seconds apart, and only then the median: what
// slowed both cancels out.
function pairedRatio(rounds, baselineRounds, of) {
  const pairs = Math.min(rounds.length, baselineRounds.length);
  const ratios = [];
  for (let i = 0; i < pairs; i += 1) {
    const base = of(baselineRounds[i]);
    const value = of(rounds[i]);
    if (!base || value === null) return null;
    ratios.push(value / base);
  }
  if (ratios.length === 0) return null;
  return { pairs, median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

module.exports = { median, medians, pairedRatio };
