'use strict';

function load() {
  const { Polly } = require('@pollyjs/core');
  Polly.register(require('@pollyjs/adapter-node-http'));
  let polly;
  return {
    begin({ sites }) {
      polly = new Polly('the program', {
        adapters: ['node-http'],
        mode: 'passthrough',
        logLevel: 'silent',
      });
      for (const { origin } of sites.mocked) {
        polly.server.get(`${origin}/`).intercept((_req, res) => {
          res.status(200).setHeader('X-By', 'polly').send('mocked');
        });
        polly.server.post(`${origin}/`).intercept((req, res) => {
          res.status(201).send(req.body);
        });
        polly.server.get(`${origin}/late`).intercept(async (_req, res) => {
          await polly.server.timeout(1);
          res.status(200).send('mocked');
        });
        polly.server.get(`${origin}/error`).intercept((_req, res) => res.sendStatus(500));
      }
    },
    end: () => polly.stop(),
  };
}

module.exports = { load };
