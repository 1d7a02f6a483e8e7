'use strict';

// Files that a plain Node passes and oxagent does not, each with the reason, which must hold for
// the users of oxagent: what the file asserts is of Node's inside, and no program can tell.

module.exports = {
  __proto__: null,
  'parallel/test-http-client-spurious-aborted.js':
    "It replaces close() of the response's socket._handle, libuv's handle inside net.Socket. The " +
    'connections of oxagent are not of libuv, and _handle is null. What the file asserts holds: ' +
    "'aborted' comes for a response that is cut short, and for no other.",
  'parallel/test-http-parser-lazy-loaded.js':
    'It replaces the parser in an internal binding before anything has loaded node:http. ' +
    'oxagent/register has loaded it by then; without --expose-internals there is no such binding.',
};
