/// <reference types="node" />

import * as http from 'node:http';
import * as net from 'node:net';
import { Duplex } from 'node:stream';

/**
 * Node's `http.Agent`, with its pool and its sockets in Rust. The module is CommonJS: `require('oxagent')`
 * and `import oxagent from 'oxagent'` give the same object, and `import { Agent } from 'oxagent'` works.
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

  /** Listeners' arguments by event. */
  interface AgentEventMap {
    /** A socket's request has ended: it goes to the next queued request, to `freeSockets`, or is closed. */
    free: [socket: Duplex, options: ConnectionOptions];
  }

  /**
   * An `http.Agent`: pass it as `agent` to `http.request()`, or make it `http.globalAgent`.
   *
   * It serves `http:` requests; for `https:` Node's own `https.Agent` stays in charge.
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
     * `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE` when `maxTotalSockets` is no number of at least 1.
     */
    constructor(options?: AgentOptions);

    /** What `maxSockets` is when the option is absent. Default `Infinity`. Read at construction. */
    static defaultMaxSockets: number;

    /**
     * Sockets in use, by origin name: a live view of the pool that can't be written to. An origin
     * without any has no key.
     */
    readonly sockets: NodeJS.ReadOnlyDict<net.Socket[]>;
    /**
     * Idle sockets, by origin name: a live view of the pool that can't be written to.
     */
    readonly freeSockets: NodeJS.ReadOnlyDict<net.Socket[]>;
    /**
     * Requests that wait for a socket, by origin name: a live view of the queue that can't be written to.
     * A request that is destroyed or aborted leaves it at once.
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
}

export = oxagent;
