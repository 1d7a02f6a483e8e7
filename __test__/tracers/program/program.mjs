// A program of ES modules; see steps.js.

import * as dns from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import steps from './steps.js';

steps.main({ dns, http, https, net });
