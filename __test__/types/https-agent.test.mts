// Compiled, never run: HttpsAgent in a TypeScript program of ES modules.

import type http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import oxagent, {
  Agent,
  HttpsAgent,
  type HttpsAgentOptions,
  type HttpsRequestOptions,
  type TlsSocket,
} from 'oxagent';

// The names.
const fromDefault: HttpsAgent = new oxagent.HttpsAgent();
const withoutNew: HttpsAgent = HttpsAgent({ maxSockets: 1 });
const asNodes: https.Agent = new HttpsAgent();
const asHttp: http.Agent = new HttpsAgent();
const asOurs: Agent = new HttpsAgent();
https.globalAgent = new HttpsAgent({ keepAlive: true });

// Where an agent goes.
https.request({ host: 'localhost', agent: new HttpsAgent() }).end();
https.get('https://localhost/', { agent: fromDefault }, (response) => response.resume());
const perRequest: HttpsRequestOptions = { agent: fromDefault, transport: 'node', servername: '' };
https.get('https://localhost/', perRequest);

// Every option, with its type.
const everyOption = {
  transport: 'auto',
  ca: ['-----BEGIN CERTIFICATE-----', Buffer.alloc(1)],
  cert: '',
  key: [{ pem: '', passphrase: '' }],
  passphrase: '',
  pfx: Buffer.alloc(1),
  crl: '',
  ciphers: 'ECDHE+AESGCM',
  ecdhCurve: 'X25519:P-256',
  sigalgs: 'ecdsa_secp256r1_sha256',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  secureProtocol: 'TLS_method',
  secureOptions: 0,
  honorCipherOrder: true,
  ALPNProtocols: ['http/1.1'],
  servername: 'localhost',
  rejectUnauthorized: false,
  checkServerIdentity: (name, certificate) =>
    certificate.subject.CN === name ? undefined : new Error('another'),
  session: Buffer.alloc(1),
  minDHSize: 2048,
  allowPartialTrustChain: false,
  secureContext: tls.createSecureContext(),
  pskCallback: () => null,
  requestOCSP: false,
  enableTrace: false,
  socket: new Duplex(),
  maxCachedSessions: 0,
  keepAlive: true,
  maxSockets: 10,
  maxTotalSockets: 100,
  maxFreeSockets: 2,
  scheduling: 'lifo',
  timeout: 5_000,
  defaultPort: 8443,
  protocol: 'https:',
  host: 'localhost',
  port: 443,
  localAddress: '127.0.0.1',
  family: 4,
  lookup: (hostname, options, callback) => callback(null, [{ address: '::1', family: 6 }]),
  blockList: new net.BlockList(),
  proxyEnv: process.env,
} satisfies HttpsAgentOptions;
const agent = new HttpsAgent(everyOption);
new HttpsAgent({ ca: undefined, transport: undefined, maxCachedSessions: undefined });
const forNode: https.AgentOptions = everyOption;
const fromNode: HttpsAgentOptions = {} as https.AgentOptions;

// @ts-expect-error: none of the three words
new HttpsAgent({ transport: 'openssl' });
// @ts-expect-error: a version that is none
new HttpsAgent({ minVersion: 'TLSv2' });
// @ts-expect-error: PEM
new HttpsAgent({ ca: 1 });
// @ts-expect-error: no such option
new HttpsAgent({ rejectUnauthorised: true });
// @ts-expect-error: of HttpsAgent alone
new Agent({ ca: '' });

// Properties.
agent.options.ca = '';
agent.maxCachedSessions = 10;
agent.maxSockets = 5;
const used: TlsSocket | undefined = agent.sockets['localhost:443:']?.[0];
const engine: 'rustls' | 'node' | undefined = used?.transport;
const cipher: string | undefined = used?.getCipher().standardName;
const asTls: tls.TLSSocket | undefined = used;
// @ts-expect-error: told, not set
if (used) used.transport = 'node';

// Methods and events.
const name: string = agent.getName({ host: 'localhost', port: 443, servername: 'a', ca: '' });
const made: Duplex | null | undefined = agent.createConnection({ host: 'localhost', port: 443 });
agent.on('keylog', (line, socket) => {
  const bytes: Buffer = line;
  return [bytes, socket.transport, socket.authorized];
});
agent.once('free', (socket, options) => agent.getName(options) && socket.destroy());
https.get('https://localhost/', { agent }, ({ socket }) => {
  const { transport } = socket as TlsSocket;
  return transport === 'rustls';
});

// Overriding, and a subclass of Node's put in oxagent's terms.
class Pinned extends HttpsAgent {
  constructor(options?: HttpsAgentOptions) {
    super({ ...options, transport: 'rustls' });
  }
  override createConnection(
    options: oxagent.SecureConnectionOptions,
    callback?: oxagent.ConnectionCallback,
  ): Duplex | null | undefined {
    return super.createConnection({ ...options, servername: 'pinned.test' }, callback);
  }
  override getName(options?: oxagent.SecureConnectionOptions): string {
    return `pinned:${super.getName(options)}`;
  }
  override keepSocketAlive(socket: Duplex): boolean {
    return super.keepSocketAlive(socket);
  }
}
class OverTls extends HttpsAgent {
  override createConnection(options: https.RequestOptions): tls.TLSSocket {
    return tls.connect({ host: options.host ?? 'localhost', port: Number(options.port) });
  }
}
https.get('https://localhost/', { agent: new Pinned({ ca: '' }) });
https.get('https://localhost/', { agent: new OverTls() });

const classes: (new (options?: https.AgentOptions) => https.Agent)[] = [https.Agent, HttpsAgent];
for (const Class of classes) new Class({ keepAlive: true }).destroy();

export {
  asHttp,
  asNodes,
  asOurs,
  asTls,
  cipher,
  engine,
  forNode,
  fromNode,
  made,
  name,
  withoutNew,
};
