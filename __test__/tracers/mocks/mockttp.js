'use strict';

// A server that stands in the place of others, to which the program is sent; what it lets pass it
// asks for itself.
function load() {
  const { generateCACertificate, getLocal } = require('mockttp');
  let servers;
  return {
    async begin({ sites }) {
      const https = await generateCACertificate();
      servers = [getLocal(), getLocal({ https })];
      const others = [];
      for (const [at, server] of servers.entries()) {
        await server.start();
        await server.forGet('/').thenReply(200, 'mocked', { 'X-By': 'mockttp' });
        await server.forPost('/').thenCallback(async ({ body }) => ({
          statusCode: 201,
          body: await body.getText(),
        }));
        await server.forGet('/late').thenReply(200, 'mocked');
        await server.forGet('/error').thenCloseConnection();
        await server.forGet('/passed').thenForwardTo(sites.passed[0].origin);
        others.push({
          ...sites.mocked[at],
          port: server.port,
          ca: at === 1 ? https.cert : undefined,
        });
      }
      return { sites: { mocked: others, passed: others } };
    },
    end: () => Promise.all(servers.map((server) => server.stop())),
  };
}

module.exports = { load };
