// Compiled, never run: what real clients take as an agent, with the types that they bring.

import http from 'node:http';
import https from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import axios from 'axios';
import followRedirects from 'follow-redirects';
import got from 'got';
import httpProxy from 'http-proxy';
import needle from 'needle';
import fetch from 'node-fetch';
import superagent from 'superagent';
import { WebSocket } from 'ws';
import { Agent, HttpsAgent } from 'oxagent';

const httpAgent = new Agent({ keepAlive: true });
const httpsAgent = new HttpsAgent({ keepAlive: true, ca: 'PEM' });

http.request({ host: 'localhost', agent: new Agent() }).end();
http.get('http://localhost/', { agent: httpAgent }, (response) => response.resume());
https.request({ host: 'localhost', agent: new HttpsAgent() }).end();
https.get('https://localhost/', { agent: httpsAgent }, (response) => response.resume());
http.globalAgent = new Agent();
https.globalAgent = new HttpsAgent();

const instance = axios.create({ httpAgent, httpsAgent });
await instance.get<string>('https://localhost/');
await axios.post('http://localhost/', { a: 1 }, { httpAgent: new Agent() });

await got('https://localhost/', { agent: { http: httpAgent, https: httpsAgent } }).json();
const extended = got.extend({ agent: { https: new HttpsAgent() } });
extended.stream('https://localhost/').resume();

await fetch('http://localhost/', { agent: httpAgent });
await fetch('http://localhost/', {
  agent: ({ protocol }: URL) => (protocol === 'http:' ? httpAgent : httpsAgent),
});

await superagent.get('https://localhost/').agent(httpsAgent);
await needle('get', 'http://localhost/', { agent: httpAgent });

followRedirects.http.get({ host: 'localhost', agent: httpAgent });
followRedirects.https.request({ agents: { http: httpAgent, https: httpsAgent } }).end();

new WebSocket('ws://localhost/', { agent: httpAgent });
new WebSocket('wss://localhost/', [], { agent: httpsAgent });

new S3Client({ requestHandler: new NodeHttpHandler({ httpAgent, httpsAgent }) });
new S3Client({ requestHandler: { httpsAgent } });

httpProxy.createProxyServer({ target: 'http://localhost/', agent: httpAgent });
httpProxy.createProxyServer({ target: 'https://localhost/', agent: httpsAgent });
