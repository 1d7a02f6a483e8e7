'use strict';

// The demo's server, in a process of its own so that its work is not on the client's event loop.
// GET /slow answers after a while: long enough to look at the pool meanwhile.

const http = require('node:http');

const SLOW_MS = 150;
const BODY = 'Hello from the demo server.\n';

let connections = 0;

const server = http.createServer((req, res) => {
  const answer = () => {
    res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': BODY.length });
    res.end(BODY);
  };
  if (req.url === '/slow') setTimeout(answer, SLOW_MS);
  else answer();
});
server.on('connection', () => {
  connections += 1;
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

// Every message asks for the number of connections so far.
process.on('message', () => process.send({ connections }));
// The demo is over, however it ended.
process.on('disconnect', () => process.exit());
