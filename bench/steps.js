'use strict';

// What a scenario is measured at, one after the other: so many requests at once, or so many a
// second over as many connections as the scenario says.

function stepsOf(scenario, { at = scenario.at, rates = scenario.rates } = {}) {
  if (rates === undefined) return at.map((number) => ({ at: number }));
  return rates.map((rate) => ({ at: scenario.at[0], rate }));
}

function stepTitle({ at, rate }) {
  if (rate !== undefined) return `${rate.toLocaleString('en-US')} a second`;
  return `${at.toLocaleString('en-US')} at once`;
}

module.exports = { stepTitle, stepsOf };
