'use strict';

const [major] = process.versions.node.split('.').map(Number);

// Spies, which let all pass.
function load() {
  const { createSandbox } = require('sinon');
  const sandbox = createSandbox();
  return {
    begin({ modules: { dns, net, tls }, agents }) {
      // Node's agents go on with what they keep; those of oxagent leave it while a replacement is
      // there that may be a mock.
      for (const agent of agents) agent.destroy();
      const spies = {
        'net.Socket.prototype.connect': sandbox.spy(net.Socket.prototype, 'connect'),
        'tls.connect': sandbox.spy(tls, 'connect'),
        'dns.lookup': sandbox.spy(dns, 'lookup'),
      };
      // The agents of Node 20 pass a replaced net.createConnection() by, those of oxagent do not.
      if (major >= 22) {
        spies['net.connect'] = sandbox.spy(net, 'connect');
        spies['net.createConnection'] = sandbox.spy(net, 'createConnection');
      }
      return {
        // What each was called with, on what, and what it gave back.
        report: () =>
          Object.entries(spies).map(([name, spy]) => ({
            name,
            calls: spy.getCalls().map(({ args, thisValue, returnValue }) => ({
              asked: asked(args),
              by: thisValue instanceof net.Socket,
              gave: returnValue instanceof net.Socket,
            })),
          })),
      };
    },
    end: () => sandbox.restore(),
  };
}

function asked(args) {
  const [first] = args.flat();
  if (typeof first === 'string') return first;
  return { host: first.host, port: first.port, path: first.path ?? null };
}

module.exports = { load };
