// A program of ES modules; see steps.js.

// A tracer may not look at what a namespace of Node's holds before somebody requires the module, as
// one of a program's packages does, and oxagent too.
import { createRequire } from 'node:module';
import * as dns from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import steps from './steps.js';

const require = createRequire(import.meta.url);
for (const name of ['dns', 'http', 'https', 'net']) require(`node:${name}`);

steps.main({ dns, http, https, net });
