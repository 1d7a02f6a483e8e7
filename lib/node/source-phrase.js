'use strict';

const { runtime } = require('./runtime');

/**
 * Whether a function is the runtime's own, told by a phrase of its source (`phrases` has one for
 * each runtime): one that stands there in Node 20 to 26 and that a replacement would not have. So a
 * function that was replaced before this module was loaded is told from the original. One without
 * the phrase counts as replaced, which costs speed and nothing else.
 */
function isNodesOwn(value, phrases) {
  const phrase = phrases[runtime];
  return typeof value === 'function' && Function.prototype.toString.call(value).includes(phrase);
}

module.exports = { isNodesOwn };
