'use strict';

// What the command lines of scripts/ and bench/ have in common.

const { parseArgs } = require('node:util');

/** A command line that cannot be run. Its message is for the user, before the help. */
class UsageError extends Error {}

/** { values, positionals } of the arguments, as util.parseArgs() gives them. */
function parseFlags(args, options, { allowPositionals = false } = {}) {
  try {
    return parseArgs({ args, options, allowPositionals });
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

/** The same of those that are written in digits alone: not 1e3, nor 0x10. */
function digitsIn(flag, text, min, max) {
  return checked(flag, text, min, max, 'a whole number', () => /^\d+$/.test(text));
}

function checked(flag, text, min, max, kind, isOfKind) {
  const value = Number(text);
  if (text !== '' && isOfKind(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${flag} takes ${kind} from ${min} to ${max}, not '${text}'`);
}

module.exports = { UsageError, digitsIn, numberIn, parseFlags, wholeNumberIn };
