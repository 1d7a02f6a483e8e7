'use strict';

// Whether what is installed in a project serves.

const assert = require('node:assert/strict');

const { certificate } = require('../../support/certificates');

/** Runs the consumer's program in both module systems. `addon` must be what it has loaded. */
async function assertServes(project, addon) {
  const root = await certificate({ subject: 'Test root', ca: true });
  const server = await certificate({ issuer: root });
  project.write('ca.pem', root.pem);
  project.write('cert.pem', server.pem);
  project.write('key.pem', server.key);
  for (const program of ['serve.cjs', 'serve.mjs']) {
    const { code, stdout, stderr } = await project.node(program);
    assert.equal(code, 0, `${program}: ${stdout}${stderr}`);
    assert.deepEqual(JSON.parse(stdout), {
      addons: [addon],
      http: { answers: 20, connections: 1 },
      https: { answers: 20, connections: 1, transport: 'rustls' },
    });
  }
}

module.exports = { assertServes };
