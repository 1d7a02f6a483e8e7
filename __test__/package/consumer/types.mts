import http from 'node:http';
import https from 'node:https';
import { Agent, type AgentOptions, HttpsAgent } from 'oxagent';

const options: AgentOptions = { keepAlive: true };
http.get('http://localhost/', { agent: new Agent(options) });
https.get('https://localhost/', { agent: new HttpsAgent({ transport: 'rustls' }) });
// @ts-expect-error: the types are there, or this would be allowed.
new Agent({ keepAlive: 'yes' });
