'use strict';

// What all servers answer with, so that a run against any is the same work for the client.

const SMALL_BYTES = 100;
const SMALL_BODY = 'oxagent '.repeat(SMALL_BYTES / 8 + 1).slice(0, SMALL_BYTES);

module.exports = { SMALL_BYTES, SMALL_BODY };
