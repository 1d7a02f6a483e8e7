// Compiled, never run: a CommonJS program of the Node 20 time, with `import = require`, the lib of
// ES2022 and Node 20's own types.

import http = require('node:http');
import https = require('node:https');
import net = require('node:net');
import oxagent = require('oxagent');
import { Agent, HttpsAgent } from 'oxagent';

const options: oxagent.AgentOptions = {
  keepAlive: true,
  keepAliveMsecs: 1000,
  maxSockets: 10,
  maxFreeSockets: 2,
  scheduling: 'lifo',
  timeout: 1000,
};
const agent: oxagent.Agent = new oxagent.Agent(options);
const same: Agent = new oxagent.HttpAgent();

http.request({ hostname: 'localhost', port: 8080, agent }, (response) => response.resume()).end();
http.get('http://localhost/', { agent: same });

class Counting extends Agent {
  opened = 0;

  createConnection(args: http.ClientRequestArgs): net.Socket {
    this.opened++;
    return net.connect(Number(args.port), args.host ?? undefined);
  }
}
const counting = new Counting({ keepAlive: true });
const open = Object.values(counting.sockets).reduce((sum, list) => sum + (list?.length ?? 0), 0);
counting.destroy();

const secureOptions: oxagent.HttpsAgentOptions = {
  ca: Buffer.alloc(1),
  rejectUnauthorized: true,
  maxCachedSessions: 10,
  transport: 'rustls',
};
const secure: https.Agent = new oxagent.HttpsAgent(secureOptions);
https.request({ hostname: 'localhost', port: 8443, agent: secure }).end();
const socket = new HttpsAgent().freeSockets['localhost:8443']?.[0];
const engine: 'rustls' | 'node' | undefined = socket?.transport;

export = { open, engine };
