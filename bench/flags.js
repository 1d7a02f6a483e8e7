'use strict';

// What the command lines here have in common.

const { parseArgs } = require('node:util');

/** A command line that cannot be run. Its message is for the user, before the help. */
class UsageError extends Error {}

/** { values, positionals } of the arguments, as util.parseArgs() gives them. */
function parseFlags(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** The number that is a flag's text. Throws where it is none from `min` to `max`. */
function numberIn(flag, text, min, max) {
  return checked(flag, text, min, max, 'a number', Number.isFinite);
}

/** The same of whole numbers alone. */
function wholeNumberIn(flag, text, min, max) {
  return checked(flag, text, min, max, 'a whole number', Number.isInteger);
}

function checked(flag, text, min, max, kind, isOfKind) {
  const value = Number(text);
  if (text !== '' && isOfKind(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${flag} takes ${kind} from ${min} to ${max}, not '${text}'`);
}

module.exports = { UsageError, numberIn, parseFlags, wholeNumberIn };
