'use strict';

// Which runtime this is. Bun and Deno say that they are a Node of some line, and mean its API.

const { bun, deno } = process.versions;

/** 'node', 'deno' or 'bun'. */
const runtime = (bun && 'bun') || (deno && 'deno') || 'node';

module.exports = { runtime };
