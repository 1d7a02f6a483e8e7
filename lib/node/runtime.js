'use strict';

// Which runtime this is, and what Deno and Bun do otherwise than Node: whose client, net.Socket and
// TLS they have is named by these facts, and nowhere else. Both say that they are a Node of some
// line, and mean its API.

const process = require('node:process');

const { bun, deno } = process.versions;

/** 'node', 'deno' or 'bun'. */
const runtime = (bun && 'bun') || (deno && 'deno') || 'node';

module.exports = {
  runtime,

  /** What asks for Deno's permissions. */
  // biome-ignore lint/style/noRestrictedGlobals: it is nowhere else
  deno: runtime === 'deno' ? globalThis.Deno : null,

  /** OpenSSL reads TLS options, judges certificates and names errors; it can be asked, at once. */
  hasOpenssl: runtime === 'node',

  /** X509Certificate reads a certificate as the runtime's TLS does, and rustls reads otherwise. */
  vetsChains: runtime !== 'deno',

  /** The client sends a request again, whatever it is, whose used connection is lost. */
  resends: runtime === 'deno',

  /** The client marks the options of a request that brings its own checkServerIdentity(). */
  marksIdentity: runtime !== 'deno',

  /** The client tells of a proxy's refusal, and leaves it to no agent. */
  tellsTunnelErrors: runtime === 'deno',

  /** net.Socket writes its `bytesRead`, and TLS goes by the handle of a net.Socket. */
  hasOwnSockets: runtime === 'bun',

  /** TLS fails the writes that wait for its handshake before it tells why it has failed. */
  failsWritesFirst: runtime !== 'node',

  /** The ticks that a callback of the addon's has queued run before the next one is called. */
  runsTicksBetween: runtime !== 'deno',

  /** process.getActiveResourcesInfo() has the timers. */
  listsTimers: runtime !== 'bun',

  /** A net.Socket times by the global setTimeout(), whatever that is by then. */
  timesSocketsByGlobals: runtime === 'bun',

  /** TLS agrees to a new handshake that a server of TLS 1.2 asks for. */
  renegotiates: runtime !== 'deno',

  /** TLS offers X25519MLKEM768. */
  offersMlKem: runtime === 'bun',
};
