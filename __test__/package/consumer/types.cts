import oxagent = require('oxagent');
import http = require('node:http');

http.get('http://localhost/', { agent: new oxagent.Agent({ maxSockets: 1 }) });
// @ts-expect-error: the types are there, or this would be allowed.
new oxagent.HttpsAgent({ transport: 'carrier pigeon' });
