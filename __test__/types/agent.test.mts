// Compiled, never run: what a TypeScript program in ES modules may write, and what it may not.

import http from 'node:http';
import net from 'node:net';
import { Duplex } from 'node:stream';
import oxagent, { Agent, type AgentOptions, HttpAgent } from 'oxagent';
import 'oxagent/register';

// The names: the module, its classes, and that they are one.
const sameClass: typeof Agent = HttpAgent;
const fromDefault: Agent = new oxagent.Agent();
const httpAgent: HttpAgent = new oxagent.HttpAgent({ keepAlive: true });
const withoutNew: Agent = Agent({ maxSockets: 1 });
const asNodes: http.Agent = new Agent();
http.globalAgent = new Agent({ keepAlive: true });
Agent.defaultMaxSockets = 10;

// Where an agent goes.
http.request({ host: 'localhost', agent: new Agent() }).end();
http.get('http://localhost/', { agent: httpAgent }, (response) => response.resume());

// Every option, with its type.
const controller = new AbortController();
const everyOption = {
  keepAlive: true,
  keepAliveMsecs: 1_000,
  maxSockets: Infinity,
  maxTotalSockets: 100,
  maxFreeSockets: 256,
  scheduling: 'fifo',
  timeout: 5_000,
  noDelay: true,
  agentKeepAliveTimeoutBuffer: 500,
  defaultPort: 8080,
  protocol: 'http:',
  proxyEnv: process.env,
  host: 'localhost',
  port: 80,
  localAddress: '127.0.0.1',
  localPort: 0,
  family: 4,
  hints: 0,
  lookup: (hostname, options, callback) => callback(null, [{ address: '::1', family: 6 }]),
  socketPath: '/run/app.sock',
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: 250,
  keepAliveInitialDelay: 0,
  signal: controller.signal,
  highWaterMark: 65_536,
  blockList: new net.BlockList(),
  onread: { buffer: new Uint8Array(1), callback: (size, buffer) => size === buffer.length },
  allowHalfOpen: false,
  freeSocketTimeout: 4_000,
  socketTTL: 60_000,
  maxRequestsPerSocket: 1_000,
  maxQueue: 0,
  queueTimeout: 5_000,
  connectTimeout: Infinity,
  transportWarning: false,
} satisfies AgentOptions;
const agent = new Agent(everyOption);
new Agent({ keepAlive: undefined, maxTotalSockets: undefined, signal: undefined });
const forNode: http.AgentOptions = everyOption;
const fromNode: AgentOptions = {} as http.AgentOptions;

// The errors of its own.
function explain(error: oxagent.QueueFullError | oxagent.QueueTimeoutError): string {
  return error.code === 'OXAGENT_QUEUE_FULL' ? 'full' : error.message;
}
function phaseOf(error: oxagent.ConnectTimeoutError): 'lookup' | 'connect' | 'secureConnect' {
  return error.phase;
}

// @ts-expect-error: a number
new Agent({ queueTimeout: '5s' });
// @ts-expect-error: true or false
new Agent({ transportWarning: 'off' });
// @ts-expect-error: neither of the two words
new Agent({ scheduling: 'random' });
// @ts-expect-error: a number
new Agent({ maxSockets: '10' });
// @ts-expect-error: no such option
new Agent({ maxSocket: 10 });

// Properties.
agent.maxSockets = 5;
agent.maxTotalSockets = 50;
agent.maxFreeSockets = 5;
agent.keepAlive = false;
agent.keepAliveMsecs = 500;
agent.scheduling = 'lifo';
agent.options.timeout = 100;
agent.defaultPort = 81;
agent.protocol = 'http:';
agent.agentKeepAliveTimeoutBuffer = 0;
const total: number = agent.totalSocketCount;
const port: string | undefined = Object.keys(agent.sockets)[0]?.split(':')[1];
const used: net.Socket | undefined = agent.sockets['localhost:80:']?.[0];
const idle: net.Socket | undefined = agent.freeSockets['localhost:80:']?.at(-1);
const carrier: 'native' | 'node' | 'rustls' | undefined = agent.sockets['a:80:']?.[0]?.transport;
function carrierOf(socket: oxagent.PlainSocket): 'native' | 'node' {
  // @ts-expect-error: it tells, and is not told
  socket.transport = 'node';
  return socket.transport;
}
const queued: http.ClientRequest | undefined = agent.requests['localhost:80:']?.[0];
// @ts-expect-error: a view of the pool
agent.sockets = {};
// @ts-expect-error: a view of the pool
agent.freeSockets['localhost:80:'] = [];
// @ts-expect-error: counted by the pool
agent.totalSocketCount = 0;

// Methods.
const name: string = agent.getName({ host: 'localhost', port: 80, localAddress: '127.0.0.1' });
const anonymous: string = agent.getName();
const request = http.request('http://localhost/', { agent });
agent.addRequest(request, { host: 'localhost', port: 80 });
agent.addRequest(request, 'localhost', 80, '127.0.0.1');
agent.createSocket(request, { host: 'localhost' }, (error, socket) => {
  if (error) throw error;
  const stream: Duplex | undefined = socket;
  stream?.destroy();
});
const made: Duplex | null | undefined = agent.createConnection({ host: 'localhost', port: 80 });
const kept: boolean = agent.keepSocketAlive(new net.Socket());
agent.reuseSocket(new net.Socket(), request);
agent.removeSocket(new net.Socket(), { host: 'localhost' });
agent.destroy();

// Events.
agent.on('free', (socket, options) => {
  const stream: Duplex = socket;
  stream.destroy();
  agent.emit('free', socket, options);
  return agent.getName(options);
});
agent.once('free', () => {}).off('free', () => {});
agent.on('newListener', (event: string) => event.length);
agent.on('anything', (...args) => args.length);

// Overriding: at once, later, with an error, and on one agent alone.
class AtOnce extends Agent {
  override createConnection(options: http.ClientRequestArgs) {
    return net.connect({ host: options.host ?? 'localhost', port: Number(options.port) });
  }
  override getName(options?: http.ClientRequestArgs): string {
    return `mine:${super.getName(options)}`;
  }
  override keepSocketAlive(socket: Duplex): boolean {
    return super.keepSocketAlive(socket) && !socket.readableEnded;
  }
  override reuseSocket(socket: Duplex, reused: http.ClientRequest): void {
    super.reuseSocket(socket, reused);
  }
}
class Later extends Agent {
  constructor(options?: AgentOptions) {
    super({ ...options, keepAlive: true });
  }
  override createConnection(
    options: oxagent.ConnectionOptions,
    callback: oxagent.ConnectionCallback,
  ): undefined {
    if (!options.host) callback(new Error('no host'), new Duplex());
    else setImmediate(() => callback(null, new Duplex()));
  }
  override addRequest(...args: [http.ClientRequest, any, any?, any?]): void {
    super.addRequest(...args);
  }
}
http.get('http://localhost/', { agent: new AtOnce({ keepAlive: true }) });
http.get('http://localhost/', { agent: new Later() });
agent.createConnection = (options, callback) => {
  callback?.(null, net.connect(Number(options.port)));
  return undefined;
};

// Code written for Node's agent takes this one: a class as a value, and a function of either.
const classes: (new (options?: http.AgentOptions) => http.Agent)[] = [http.Agent, Agent];
const closeAll = (any: http.Agent): void => any.destroy();
closeAll(agent);
for (const Class of classes) closeAll(new Class());

export {
  anonymous,
  asNodes,
  carrier,
  carrierOf,
  explain,
  forNode,
  fromDefault,
  fromNode,
  idle,
  kept,
  made,
  name,
  port,
  queued,
};
export { phaseOf, sameClass, total, used, withoutNew };
