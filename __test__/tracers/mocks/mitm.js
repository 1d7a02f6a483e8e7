'use strict';

function load() {
  const Mitm = require('mitm');
  let mitm;
  return {
    begin({ sites }) {
      mitm = Mitm();
      const mocked = new Set(sites.mocked.map(({ port }) => port));
      mitm.on('connect', (socket, { port }) => {
        if (!mocked.has(Number(port))) socket.bypass();
      });
      mitm.on('request', (req, res) => {
        if (req.method === 'POST') {
          res.writeHead(201);
          req.pipe(res);
        } else if (req.url === '/error') {
          req.socket.destroy();
        } else {
          res.setHeader('X-By', 'mitm');
          res.end('mocked');
        }
      });
    },
    end: () => mitm.disable(),
  };
}

module.exports = { load };
