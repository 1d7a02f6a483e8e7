/// <reference types="node" />

import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';

/**
 * Node's `http.Agent` and `https.Agent`, with their pool, their sockets and their TLS in Rust. The module is CommonJS: `require('oxagent')`
 * and `import oxagent from 'oxagent'` give the same object, and `import { Agent } from 'oxagent'` works.
 *
 * Errors of connections are Node's, but for one: `OXAGENT_IO_PANIC`, when the I/O thread has panicked, a fault of
 * oxagent. The requests that it served fail; the process lives, and agents go on with new connections.
 */
declare namespace oxagent {
  /** What the constructor takes beside the pool's own options: what `net.connect()` takes. */
  interface ConnectOptions extends net.SocketConstructorOpts {
    /**
     * Local address to connect from. Part of the origin's name, so sockets of two local addresses are
     * never mixed.
     * @see https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
     */
    localAddress?: string | undefined;
    /** Local port to connect from, 0 to 65535; 0 or absent: the system chooses. */
    localPort?: number | undefined;
    /** IP version: 4, 6, or 0 for both. Default 0. 4 and 6 are part of the origin's name. */
    family?: number | undefined;
    /** Flags for `dns.lookup()`: `dns.ADDRCONFIG`, `dns.V4MAPPED`, `dns.ALL`, or-ed. Default 0. */
    hints?: number | undefined;
    /**
     * Resolves host names in place of the system's resolver. Called and obeyed for each new connection.
     * An invalid value throws `ERR_INVALID_ARG_TYPE` when a connection is made.
     */
    lookup?: net.LookupFunction | undefined;
    /** Path of a Unix domain socket to connect to, in place of host and port. Part of the origin's name. */
    socketPath?: string | undefined;
    /**
     * Whether to try the addresses of both IP versions (Happy Eyeballs, RFC 8305). Default
     * `net.getDefaultAutoSelectFamily()`. When every address fails, the error is an `AggregateError`.
     */
    autoSelectFamily?: boolean | undefined;
    /**
     * Milliseconds to wait for one address before the next one is tried as well; values from 1 to 9
     * count as 10. Default `net.getDefaultAutoSelectFamilyAttemptTimeout()`.
     */
    autoSelectFamilyAttemptTimeout?: number | undefined;
    /**
     * Milliseconds of silence before the first TCP keep-alive probe. Default 0 (the system's own). An
     * agent with `keepAlive: true` sends `keepAliveMsecs` in its place.
     */
    keepAliveInitialDelay?: number | undefined;
    /** Destroys every socket of this agent when it aborts. */
    signal?: AbortSignal | undefined;
    /**
     * Bytes that a socket's write buffer holds before `write()` returns false. Default
     * `stream.getDefaultHighWaterMark(false)`.
     */
    highWaterMark?: number | undefined;
    /** Addresses that must not be connected to: `ERR_IP_BLOCKED`. On every Node, also 20. */
    blockList?: net.BlockList | undefined;
    /**
     * One buffer for all reads of a socket. Served by Node's own transport in the same pool.
     */
    onread?: net.OnReadOpts | undefined;
  }

  /**
   * Options of {@link Agent}. They are kept in `agent.options`, read from there at each request, and
   * override a request's own options of the same name, as in Node.
   * @see https://nodejs.org/api/http.html#new-agentoptions
   */
  interface AgentOptions extends http.AgentOptions, ConnectOptions {
    /**
     * Keep idle sockets for later requests. Default false. Also turns on TCP keep-alive for every
     * socket.
     */
    keepAlive?: boolean | undefined;
    /** Milliseconds of silence before a TCP keep-alive probe, when `keepAlive` is true. Default 1000. */
    keepAliveMsecs?: number | undefined;
    /**
     * Most sockets at once for one origin (one result of `getName()`); further requests queue.
     * Default `Agent.defaultMaxSockets`, which is `Infinity`; 0 means the default.
     */
    maxSockets?: number | undefined;
    /**
     * Most sockets open at once for all origins together, at least 1. Default `Infinity`.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is below 1.
     */
    maxTotalSockets?: number | undefined;
    /** Most idle sockets kept for one origin, when `keepAlive` is true. Default 256; 0 means the default. */
    maxFreeSockets?: number | undefined;
    /**
     * Which idle socket the next request gets: `'lifo'` the one used last (fewest sockets stay open),
     * `'fifo'` the one idle longest (requests spread over all of them). Default `'lifo'`.
     * @throws `ERR_INVALID_ARG_VALUE` for any other value.
     */
    scheduling?: 'lifo' | 'fifo' | undefined;
    /**
     * Milliseconds of inactivity after which a socket emits 'timeout'. For a socket in use that is the
     * request's 'timeout' event and nothing more; an idle one is closed. Default none. A server's
     * `Keep-Alive: timeout` hint shortens the idle time, and is obeyed without this option too.
     */
    timeout?: number | undefined;
    /** Turns Nagle's algorithm off (TCP_NODELAY). Default true. */
    noDelay?: boolean | undefined;
    /**
     * Milliseconds taken off a server's `Keep-Alive: timeout=<seconds>` hint, so that an idle socket
     * goes before the server closes it. A finite number, at least 0; anything else means the default,
     * 1000. A hint that leaves nothing closes the socket at once.
     */
    agentKeepAliveTimeoutBuffer?: number | undefined;
    /**
     * Whether a request that meets a dying connection is sent once more over a fresh one. Only where RFC
     * 9110, section 9.2.2, allows it: the connection was used before, no byte of the response has come,
     * the whole request was written and is still held, its method is idempotent or it has an
     * `Idempotency-Key`, or no byte of it had left. Never an upgrade, a CONNECT or an `Expect`; over TLS
     * only to a server with the same certificate, without TLS, or where listeners have judged the
     * addresses, only to the same address; and never while the socket has listeners for `'lookup'`,
     * `'connectionAttempt'`, `'connect'`, `'ready'`, `'secureConnect'` or `'secure'`, which judge each new
     * connection. A first request is replayed only where a server of TLS 1.2 asks for a second handshake.
     * Default true. Not in Node; read at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is no boolean.
     */
    replay?: boolean | undefined;
    /**
     * Bytes of a request that are held for a replay: a whole number, at least 0. A request that is larger
     * fails as with Node's agent. Default 65,536. Not in Node; read at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is out of range.
     */
    replayLimit?: number | undefined;
    /**
     * Most milliseconds that an idle socket is kept: 1 to 2147483647; `Infinity` or absent: no bound. Each
     * rest is drawn from nine tenths of the value to the value, so that sockets that went idle together
     * don't all close together. The first of this, `timeout`, `socketTTL` and the server's `Keep-Alive`
     * hint counts. Not in Node; read at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is out of range.
     */
    freeSocketTimeout?: number | undefined;
    /**
     * Most milliseconds that a socket takes new requests, counted from the start of its connect, or from
     * the moment at which a replay's connection took its place: 1 to 2147483647; `Infinity` or absent: no
     * bound. Drawn for each socket from nine tenths of the value to
     * the value. An idle socket closes when its time is over, one in use when its request has ended.
     * Not in Node; read at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is out of range.
     */
    socketTTL?: number | undefined;
    /**
     * Most requests over one socket: a whole number from 1 to 4294967294; `Infinity` or absent: no bound.
     * Drawn for each socket from nine tenths of the value, rounded up, to the value: below 10 it is exact.
     * A server's `Keep-Alive: max=<left>` hint (RFC 2068, 19.7.1.1) is obeyed without this option too: a
     * socket is not used again when the server has said 1 or 0. Not in Node; read at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is out of range.
     */
    maxRequestsPerSocket?: number | undefined;
    /**
     * Most requests that may wait for a socket, of all origins: a whole number from 0 to 4294967294;
     * `Infinity` or absent: no bound. With 0 none waits. A socket that is closing makes room for one more,
     * and a request that was destroyed counts until the next tick. A request beyond it emits 'error' with the code
     * `OXAGENT_QUEUE_FULL`, then 'close', and is never in `agent.requests`. Not in Node; read at
     * construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is out of range.
     */
    maxQueue?: number | undefined;
    /**
     * Most milliseconds that a request waits for a socket: 1 to 2147483647; `Infinity` or absent: no bound.
     * A request that has waited for longer leaves `agent.requests` and emits 'error' with the code
     * `OXAGENT_QUEUE_TIMEOUT`, then 'close'. The time of the connect is not part of it. Not in Node; read
     * at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is out of range.
     */
    queueTimeout?: number | undefined;
    /**
     * Most milliseconds that name lookup, TCP connect and TLS handshake may take together, over whichever
     * transport, or a `createConnection()` of the program's until it answers: 1 to 2147483647; `Infinity`
     * or absent: no bound. A stream with which that answers while it still connects or is in its TLS
     * handshake has what is left of the time. The request then emits 'error' with a
     * {@link ConnectTimeoutError}, then 'close'. The time does not keep the process alive. Not in Node;
     * read at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is not a number, `ERR_OUT_OF_RANGE` when it is out of range.
     */
    connectTimeout?: number | undefined;
    /**
     * Whether it is told when connections are Node's own although no option asks for what only Node has: by
     * a `process.emitWarning()` with the code `OXAGENT_NODE_TRANSPORT`, once in a process for each cause
     * (each replaced function, each server, a flag of Node, ...). It names what was replaced, and by which
     * file where that can be known. Default true. Not in Node; read at construction.
     * @throws `ERR_INVALID_ARG_TYPE` when it is no boolean.
     */
    transportWarning?: boolean | undefined;
    /** Port of a request that names none. Default 80. */
    defaultPort?: number | undefined;
    /**
     * The protocol that requests with this agent must have. Default `'http:'`. A request of another
     * one throws `ERR_INVALID_PROTOCOL`.
     */
    protocol?: string | undefined;
    /**
     * Proxies as environment variables: `HTTP_PROXY`, `NO_PROXY` and their lower-case names. An agent
     * with this option uses Node's own transport, and needs a Node that knows the option (22.21, 24.5).
     * @see https://nodejs.org/api/http.html#built-in-proxy-support
     */
    proxyEnv?: NodeJS.ProcessEnv | undefined;
  }

  /** What the agent hands to `createConnection()`, `createSocket()`, `getName()` and 'free' listeners. */
  interface ConnectionOptions
    extends http.ClientRequestArgs,
      Omit<AgentOptions, keyof http.ClientRequestArgs> {}

  /** Answers a `createConnection()` that takes its time: an error, or the connected stream. */
  type ConnectionCallback = (error: Error | null, stream: Duplex) => void;

  /** A request found as many waiting as `maxQueue` allows. The message names the origin. */
  interface QueueFullError extends Error {
    code: 'OXAGENT_QUEUE_FULL';
  }

  /** A request has waited for `queueTimeout` milliseconds. The message names the origin. */
  interface QueueTimeoutError extends Error {
    code: 'OXAGENT_QUEUE_TIMEOUT';
  }

  /** No connection was ready within `connectTimeout` milliseconds. The message names the origin. */
  interface ConnectTimeoutError extends Error {
    code: 'OXAGENT_CONNECT_TIMEOUT';
    /** What had not ended: the name lookup, the connect, or the TLS handshake. */
    phase: 'lookup' | 'connect' | 'secureConnect';
  }

  /** Listeners' arguments by event. */
  interface AgentEventMap {
    /** A socket's request has ended: it goes to the next queued request, to `freeSockets`, or is closed. */
    free: [socket: Duplex, options: ConnectionOptions];
    /**
     * A line for an `SSLKEYLOGFILE`, with which the connection can be decrypted, of any TLS socket of
     * the agent.
     */
    keylog: [line: Buffer, socket: TlsSocket];
  }

  /**
   * An `http.Agent`: pass it as `agent` to `http.request()`, or make it `http.globalAgent`.
   *
   * It serves `http:` requests; {@link HttpsAgent} serves `https:`.
   *
   * ```js
   * const { Agent } = require('oxagent');
   * const agent = new Agent({ keepAlive: true });
   * http.get({ host: 'localhost', port: 8080, path: '/', agent }, onResponse);
   * ```
   *
   * Every method below may be overridden, in a subclass or on one agent, and is called where Node
   * calls it. A method that isn't overridden costs nothing for being overridable.
   * @see https://nodejs.org/api/http.html#class-httpagent
   */
  class Agent extends http.Agent {
    /**
     * @throws `ERR_INVALID_ARG_VALUE` when `scheduling` is neither `'lifo'` nor `'fifo'`,
     * `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE` when `maxTotalSockets` is no number of at least 1, or
     * an option of oxagent's own is no number or out of range.
     */
    constructor(options?: AgentOptions);

    /** What `maxSockets` is when the option is absent. Default `Infinity`. Read at construction. */
    static defaultMaxSockets: number;

    /**
     * Sockets in use, by origin name: a live view of the pool. An origin without any has no key. What a
     * program adds is listed and not counted; a socket taken out gives its place up.
     */
    readonly sockets: NodeJS.ReadOnlyDict<AgentSocket[]>;
    /**
     * Idle sockets, by origin name: a live view of the pool. A socket that a program adds serves the
     * next request of the name; a socket of the agent's own closes when it is taken out.
     */
    readonly freeSockets: NodeJS.ReadOnlyDict<AgentSocket[]>;
    /**
     * Requests that wait for a socket, by origin name: a live view of the queue. A request that is
     * destroyed or aborted leaves it in the next tick; one taken out is never sent, and nobody hears of
     * it. Nothing can be added: {@link addRequest} queues.
     */
    readonly requests: NodeJS.ReadOnlyDict<http.ClientRequest[]>;

    /** Most sockets at once for one origin. May be changed; obeyed from the next decision on. */
    maxSockets: number;
    /** Most sockets open at once for all origins. May be changed; obeyed from the next decision on. */
    maxTotalSockets: number;
    /** Most idle sockets kept for one origin. May be changed; obeyed from the next decision on. */
    maxFreeSockets: number;
    /** Sockets open now, in use, idle and being connected, for all origins. */
    readonly totalSocketCount: number;

    /** Whether idle sockets are kept. May be changed. */
    keepAlive: boolean;
    /** Milliseconds of silence before a TCP keep-alive probe. May be changed. */
    keepAliveMsecs: number;
    /** Which idle socket the next request gets. May be changed. */
    scheduling: 'lifo' | 'fifo';
    /** Milliseconds taken off a server's `Keep-Alive: timeout` hint. May be changed. */
    agentKeepAliveTimeoutBuffer: number;
    /** The options as given, with Node's defaults filled in. Changes count from the next request on. */
    options: AgentOptions;
    /** Port of a request that names none. */
    defaultPort: number;
    /** Protocol of the requests that this agent takes. */
    protocol: string;

    /**
     * Gives a request a socket: an idle one, a new one, or a place in the queue. `http.request()` calls
     * it; the views show the outcome when it returns.
     */
    addRequest(request: http.ClientRequest, options: ConnectionOptions): void;
    /** The signature of Node 0.10, which some libraries still call. */
    addRequest(
      request: http.ClientRequest,
      host: string,
      port?: number,
      localAddress?: string,
    ): void;

    /**
     * Makes a socket for a request by `createConnection()`, counts it and watches it; then calls back.
     * A failed connection calls back with the error.
     */
    createSocket(
      request: http.ClientRequest,
      options: ConnectionOptions,
      callback: (error: Error | null, socket?: Duplex) => void,
    ): void;

    /**
     * Opens a connection. The default returns a socket at once, connecting on the I/O thread. An
     * override may return any `Duplex`, or return nothing and call back later, once; until it does, the
     * connection counts towards the limits. An exception that it throws reaches the caller as in Node.
     */
    createConnection(
      options: ConnectionOptions,
      callback?: ConnectionCallback,
    ): Duplex | null | undefined;

    /**
     * Name of the origin that a request with these options belongs to: `host:port:localAddress`, and
     * `:family` when that is 4 or 6, and `:socketPath` when there is one. Sockets are shared within a name.
     */
    getName(options?: ConnectionOptions): string;

    /**
     * Asked when a socket's request has ended and nothing waits for it: true keeps it, false closes it.
     * The default turns on TCP keep-alive, unrefs the socket, and sets its idle time from `timeout` and
     * the server's `Keep-Alive: timeout` hint (RFC 2068, 19.7.1.1), whichever is shorter.
     */
    keepSocketAlive(socket: Duplex): boolean;

    /** Called when an idle socket is handed to a request. The default refs the socket. */
    reuseSocket(socket: Duplex, request: http.ClientRequest): void;

    /**
     * Takes a socket out of the pool and, when requests wait, opens another in its place. Called on the
     * socket's 'close' and 'agentRemove'. It doesn't close the socket.
     */
    removeSocket(socket: Duplex, options: ConnectionOptions): void;

    /**
     * Destroys every socket, in use and idle. Requests that wait are still served afterwards, by new
     * sockets, as in Node.
     */
    destroy(): void;

    addListener<E extends keyof AgentEventMap>(
      event: E,
      listener: (...args: AgentEventMap[E]) => void,
    ): this;
    addListener(event: string | symbol, listener: (...args: any[]) => void): this;
    on<E extends keyof AgentEventMap>(
      event: E,
      listener: (...args: AgentEventMap[E]) => void,
    ): this;
    on(event: string | symbol, listener: (...args: any[]) => void): this;
    once<E extends keyof AgentEventMap>(
      event: E,
      listener: (...args: AgentEventMap[E]) => void,
    ): this;
    once(event: string | symbol, listener: (...args: any[]) => void): this;
    prependListener<E extends keyof AgentEventMap>(
      event: E,
      listener: (...args: AgentEventMap[E]) => void,
    ): this;
    prependListener(event: string | symbol, listener: (...args: any[]) => void): this;
    off<E extends keyof AgentEventMap>(
      event: E,
      listener: (...args: AgentEventMap[E]) => void,
    ): this;
    off(event: string | symbol, listener: (...args: any[]) => void): this;
    emit<E extends keyof AgentEventMap>(event: E, ...args: AgentEventMap[E]): boolean;
    emit(event: string | symbol, ...args: any[]): boolean;
  }

  /** `Agent()` without `new` makes one too, as in Node. */
  function Agent(options?: AgentOptions): Agent;

  /** The same class by the name that tells it from an agent for `https:`. */
  export import HttpAgent = oxagent.Agent;

  /**
   * Whose TLS a connection uses: `'rustls'` on the I/O thread, `'node'` Node's own, `'auto'` rustls
   * wherever it can serve the options and the server, and Node's own elsewhere.
   */
  type Transport = 'auto' | 'rustls' | 'node';

  /**
   * What `tls.connect()` and `tls.createSecureContext()` take. Where an option says 'Node's own
   * transport', it makes its connections slower, and refused with `transport: 'rustls'`. Wrong values
   * throw what Node throws, when a connection is made.
   */
  interface SecureOptions extends tls.ConnectionOptions {
    /**
     * Whose TLS serves the connection. Default `'auto'`. `socket.transport` tells which it was. It
     * counts for new connections: an idle one is used again whatever carries it.
     * @throws `ERR_INVALID_ARG_VALUE` when it is another value; and, when a connection is made, when it
     * is `'rustls'` and rustls can't serve an option, which the message names.
     */
    transport?: Transport | undefined;
    /**
     * Authorities to trust in place of the default ones: PEM, one or more certificates in each string
     * or Buffer. A certificate that signed itself may be listed for the very server that shows it. As
     * in Node, what isn't PEM is passed over in silence, and `[]` trusts nobody. Default: those that
     * the running Node trusts, with `NODE_EXTRA_CA_CERTS`, `--use-system-ca` and
     * `tls.setDefaultCACertificates()`. Part of the origin's name. A list may grow later; Buffers
     * count as they were when first used, here as in `cert`, `key` and `pfx`.
     * @throws `ERR_INVALID_ARG_TYPE` when it is something else.
     */
    ca?: tls.SecureContextOptions['ca'];
    /**
     * The client's certificate with its issuers, in PEM. With an RSA (2,048 to 8,192 bits), P-256,
     * P-384, P-521 or Ed25519 key; other kinds, and several certificates, use Node's own transport.
     */
    cert?: tls.SecureContextOptions['cert'];
    /** The private key of `cert`, in PEM: PKCS#8, PKCS#1 or SEC1, encrypted or not. */
    key?: tls.SecureContextOptions['key'];
    /** Decrypts `key` or `pfx`. */
    passphrase?: string | undefined;
    /** Certificate and key as PKCS#12. Node's own transport. */
    pfx?: tls.SecureContextOptions['pfx'];
    /** Revocation lists, PEM. Node's own transport. */
    crl?: tls.SecureContextOptions['crl'];
    /**
     * Cipher suites as an OpenSSL string, in the order of preference. rustls has the three of TLS 1.3
     * (AES-128-GCM, AES-256-GCM, CHACHA20-POLY1305), and in TLS 1.2 the same by ECDHE with ECDSA or
     * RSA. Those are offered; when none of them is left, or `@SECLEVEL` is 3 or more, Node's own
     * transport serves. Default `tls.DEFAULT_CIPHERS`.
     * @throws `ERR_SSL_NO_CIPHER_MATCH` when OpenSSL knows none of them.
     */
    ciphers?: string | undefined;
    /**
     * Key exchange groups, by `:`, in the order of preference. rustls has X25519, P-256, P-384 and
     * those with ML-KEM. Default `tls.DEFAULT_ECDH_CURVE`.
     */
    ecdhCurve?: string | undefined;
    /** Signature algorithms, by `:`. Default OpenSSL's. */
    sigalgs?: string | undefined;
    /**
     * Lowest version of TLS. rustls has 1.2 and 1.3; older ones are met by Node's own transport.
     * Default `tls.DEFAULT_MIN_VERSION`, `'TLSv1.2'`.
     * @throws `ERR_TLS_INVALID_PROTOCOL_VERSION`
     */
    minVersion?: tls.SecureVersion | undefined;
    /**
     * Highest version of TLS. Default `tls.DEFAULT_MAX_VERSION`, `'TLSv1.3'`. With 1.2 Node's own
     * transport serves, which can renegotiate; `transport: 'rustls'` has rustls do it.
     */
    maxVersion?: tls.SecureVersion | undefined;
    /**
     * One version of TLS, in OpenSSL's old words: `'TLSv1_2_method'`. Not together with `minVersion`
     * and `maxVersion`.
     * @throws `ERR_TLS_INVALID_PROTOCOL_METHOD`, `ERR_TLS_PROTOCOL_VERSION_CONFLICT`
     */
    secureProtocol?: string | undefined;
    /**
     * `SSL_OP_*` bits of `crypto.constants`. Those that switch versions and tickets off, or change
     * nothing for a client of TLS 1.2 and 1.3, are served by rustls; others by Node's own transport.
     */
    secureOptions?: number | undefined;
    /** Protocols to offer by ALPN, `'http/1.1'`. Default none. */
    ALPNProtocols?: tls.ConnectionOptions['ALPNProtocols'];
    /**
     * The name sent by SNI and looked for in the server's certificate, in place of `host`; `''` sends
     * none. Default the request's `Host` header or host, and `''` for an IP address.
     */
    servername?: string | undefined;
    /**
     * Whether a server that can't be authenticated fails the request. Default true, or false where
     * `NODE_TLS_REJECT_UNAUTHORIZED` is `'0'`. With false, `socket.authorizationError` tells why.
     */
    rejectUnauthorized?: boolean | undefined;
    /**
     * Looks at the server's certificate once its chain has been verified, and answers an Error to
     * refuse it. Called in place of `tls.checkServerIdentity()`; not for a resumed session.
     */
    checkServerIdentity?: tls.ConnectionOptions['checkServerIdentity'];
    /**
     * A session to resume, as 'session' or `socket.getSession()` gave it. Of a rustls socket it is a
     * token, of use in the same thread, for the same name. Any other uses Node's own transport.
     */
    session?: Buffer | undefined;
    /** Smallest Diffie-Hellman group, bits. Default 1024. rustls never uses one that small. */
    minDHSize?: number | undefined;
    /** Accepts a chain that ends at any certificate in `ca`. Node's own transport. */
    allowPartialTrustChain?: boolean | undefined;
    /** A ready context of `tls.createSecureContext()`. Node's own transport. */
    secureContext?: tls.SecureContext | undefined;
    /** Pre-shared keys. Node's own transport. */
    pskCallback?: tls.ConnectionOptions['pskCallback'];
    /** Asks for the certificate's revocation state: 'OCSPResponse'. Node's own transport. */
    requestOCSP?: boolean | undefined;
    /** Writes the TLS messages to stderr. Node's own transport. */
    enableTrace?: boolean | undefined;
    /** A stream to do TLS over, in place of a TCP connection. Node's own transport. */
    socket?: Duplex | undefined;
  }

  /**
   * Options of {@link HttpsAgent}: those of {@link Agent} and those of TLS. Both are kept in
   * `agent.options` and override a request's own options of the same name.
   * @see https://nodejs.org/api/https.html#new-agentoptions
   */
  interface HttpsAgentOptions extends AgentOptions, SecureOptions {
    /**
     * TLS sessions kept for resumption, one for each origin, the oldest given up first. Default 100; 0:
     * none is kept, and every handshake is a full one.
     */
    maxCachedSessions?: number | undefined;
    /** Port of a request that names none. Default 443. */
    defaultPort?: number | undefined;
    /** The protocol that requests with this agent must have. Default `'https:'`. */
    protocol?: string | undefined;
    lookup?: net.LookupFunction | undefined;
    timeout?: number | undefined;
  }

  /** What a socket of an agent's own has beside what Node's has. */
  interface Replayed {
    /**
     * How often a request on this socket was sent once more, over a fresh connection. Absent on sockets of
     * Node's own transport and of the program.
     */
    readonly replays?: number;
  }

  /**
   * A socket of an {@link Agent}: `instanceof net.Socket`, with one property more. One that a
   * `createConnection()` of the program's own has made is left as it is and does not have it: only the
   * program knows what carries that one.
   */
  interface PlainSocket extends net.Socket, Replayed {
    /**
     * Who carries the connection: `'native'` oxagent, `'node'` Node's own `net`, or what stands in its
     * place: where an option needs it, where a mock has replaced it, and elsewhere as
     * `docs/what-needs-nodes-transport.md` says.
     */
    readonly transport: 'native' | 'node';
  }

  /** A socket of an {@link Agent}, which may be an {@link HttpsAgent}. */
  type AgentSocket = PlainSocket | TlsSocket;

  /** Options of an `https.request()` with an {@link HttpsAgent}. */
  interface HttpsRequestOptions extends https.RequestOptions {
    /** As in {@link SecureOptions}; the agent's own comes first. */
    transport?: Transport | undefined;
  }

  /** What an {@link HttpsAgent} hands to `createConnection()` and the others. */
  interface SecureConnectionOptions
    extends ConnectionOptions,
      Omit<SecureOptions, keyof ConnectionOptions> {}

  /**
   * A socket of an {@link HttpsAgent}: `instanceof tls.TLSSocket`, with one property more (not on one that a
   * `createConnection()` of the program's own has made). Where rustls serves it, `getFinished()`, `getPeerFinished()` and `getTLSTicket()` answer undefined,
   * `getSharedSigalgs()` `[]`, `setMaxSendFragment()` false, and `renegotiate()` calls back with
   * `ERR_TLS_RENEGOTIATION_UNSUPPORTED`.
   */
  interface TlsSocket extends tls.TLSSocket, Replayed {
    /**
     * Whose TLS serves it. `'rustls'` may become `'node'` until 'secureConnect', when the handshake
     * shows that only OpenSSL can serve the server or judge its certificates; and by a replay, when a
     * server of TLS 1.2 asks for another handshake.
     */
    readonly transport: 'rustls' | 'node';
  }

  /**
   * An `https.Agent`: pass it as `agent` to `https.request()`, or make it `https.globalAgent`. Handshakes,
   * records and the verification of certificates are off the JavaScript thread.
   *
   * ```js
   * const { HttpsAgent } = require('oxagent');
   * const agent = new HttpsAgent({ keepAlive: true });
   * https.get('https://localhost:8443/', { agent }, onResponse);
   * ```
   *
   * It is an {@link Agent} too, with the same properties, methods and events.
   * @see https://nodejs.org/api/https.html#class-httpsagent
   */
  class HttpsAgent extends Agent {
    /**
     * @throws what {@link Agent} throws, and `ERR_INVALID_ARG_VALUE` for a wrong `transport`. Other TLS
     * options are read when a connection is made.
     */
    constructor(options?: HttpsAgentOptions);

    readonly sockets: NodeJS.ReadOnlyDict<TlsSocket[]>;
    readonly freeSockets: NodeJS.ReadOnlyDict<TlsSocket[]>;

    /** The options as given, with Node's defaults filled in. Changes count from the next request on. */
    options: HttpsAgentOptions;
    /** TLS sessions kept for resumption. */
    maxCachedSessions: number;

    /**
     * Opens a connection. The default returns a socket at once, connecting on the I/O thread, or one
     * of `tls.connect()` where Node's own transport must serve.
     * @throws what `tls.connect()` throws for its options, and `ERR_INVALID_ARG_VALUE` when `transport`
     * is `'rustls'` and rustls can't serve them.
     */
    createConnection(
      options: SecureConnectionOptions,
      callback?: ConnectionCallback,
    ): Duplex | null | undefined;

    /**
     * Name of the origin: that of {@link Agent}, and every TLS option that two requests must have in
     * common to share a connection, as in Node 26.
     */
    getName(options?: SecureConnectionOptions): string;
  }

  /** `HttpsAgent()` without `new` makes one too, as in Node. */
  function HttpsAgent(options?: HttpsAgentOptions): HttpsAgent;
}

export = oxagent;
