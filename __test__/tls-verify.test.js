'use strict';

// Whom a client trusts: each case is put to Node's own agent and to the agent under test, which
// must see it alike, both where they demand trust and where they only note what is wrong.

const assert = require('node:assert/strict');
const der = require('./support/der');
const {
  CLIENT,
  future,
  nameConstraints,
  past,
  revocationList,
  Forge,
} = require('./support/chains');
const { dispose } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { ACCEPTED, Court } = require('./support/verdicts');

const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
const ALTNAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

const { dns, ip, directory } = der.general;

describe('a server is trusted', function () {
  this.timeout(20_000);

  const forge = new Forge();
  let court;

  before(async () => {
    court = await Court.open();
  });
  afterEach(dispose);
  after(closeServers);

  /** The verdict of both agents on what a server presents. */
  async function judge(plan, version) {
    court.present(plan, version);
    return court.compare(plan);
  }

  function refuses(title, code, make) {
    for (const version of VERSIONS) {
      it(`not ${title}: ${code} (${version})`, async () => {
        const { ours, lenient } = await judge(make(), version);
        assert.equal(ours.verdict, code);
        assert.equal(ours.authorized, false);
        assert.equal(ours.authorizationError, code);
        assert.equal(ours.requests, 0);
        assert.equal(lenient.ours.verdict, ACCEPTED);
        assert.equal(lenient.ours.authorized, false);
        assert.equal(lenient.ours.authorizationError, code);
        assert.equal(lenient.ours.requests, 1);
      });
    }
  }

  function accepts(title, make) {
    for (const version of VERSIONS) {
      it(`${title} (${version})`, async () => {
        const { ours, lenient } = await judge(make(), version);
        for (const seen of [ours, lenient.ours]) {
          assert.equal(seen.verdict, ACCEPTED);
          assert.equal(seen.authorized, true);
          assert.equal(seen.authorizationError, null);
          assert.equal(seen.requests, 1);
        }
      });
    }
  }

  describe('by its dates', () => {
    for (const part of ['leaf', 'intermediate', 'root']) {
      refuses(`with an expired ${part}`, 'CERT_HAS_EXPIRED', () => forge.chain({ [part]: past }));
      refuses(`with a ${part} of tomorrow`, 'CERT_NOT_YET_VALID', () =>
        forge.chain({ [part]: future }),
      );
    }
  });

  describe('by its issuers', () => {
    accepts('with a root and an intermediate', () => forge.chain());
    accepts('with a root alone', () => forge.chain({ intermediate: null }));
    accepts('with an intermediate that the client has', () => {
      const { leaf, intermediate, root } = forge.chain();
      return { sent: [leaf], ca: [root, intermediate] };
    });
    refuses('of an unknown root', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', () => ({
      ...forge.chain(),
      ca: [forge.root({ subject: 'another' })],
    }));
    refuses('of an unknown root that it sends', 'SELF_SIGNED_CERT_IN_CHAIN', () => {
      const { sent, root } = forge.chain();
      return { sent: [...sent, root], ca: [forge.root({ subject: 'another' })] };
    });
    refuses('whose intermediate is missing', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', () => {
      const { leaf, root } = forge.chain();
      return { sent: [leaf], ca: [root] };
    });
    refuses('for its intermediate alone', 'UNABLE_TO_GET_ISSUER_CERT', () => {
      const { sent, intermediate } = forge.chain();
      return { sent, ca: [intermediate] };
    });
    refuses('that signs itself', 'DEPTH_ZERO_SELF_SIGNED_CERT', () => ({
      sent: [forge.selfSigned()],
      ca: [forge.root()],
    }));
    accepts('that signs itself and is pinned', () => {
      const leaf = forge.selfSigned();
      return { sent: [leaf], ca: [leaf] };
    });
    refuses(
      'that signs itself with the name of a pinned one',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      () => ({
        sent: [forge.selfSigned()],
        ca: [forge.selfSigned()],
      }),
    );
    refuses('that is pinned and expired', 'CERT_HAS_EXPIRED', () => {
      const leaf = forge.selfSigned(past);
      return { sent: [leaf], ca: [leaf] };
    });
    refuses('that is pinned, for another host', ALTNAME, () => {
      const leaf = forge.selfSigned({ names: ['other.test'] });
      return { sent: [leaf], ca: [leaf] };
    });
    refuses('that is pinned, of another issuer', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', () => {
      const { leaf } = forge.chain();
      return { sent: [leaf], ca: [leaf] };
    });
    refuses('by default, of a root of our own', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', () => ({
      sent: forge.chain().sent,
    }));
    refuses('with a forged signature', 'CERT_SIGNATURE_FAILURE', () =>
      forge.chain({ leaf: { forged: true } }),
    );
    refuses('of an intermediate that is no CA', 'INVALID_PURPOSE', () =>
      forge.chain({ intermediate: { ca: false } }),
    );
    refuses('that is for clients', 'INVALID_PURPOSE', () =>
      forge.chain({ leaf: { purposes: [CLIENT] } }),
    );
    refuses('whose root is to have no intermediate', 'PATH_LENGTH_EXCEEDED', () =>
      forge.chain({ root: { pathLength: 0 } }),
    );
  });

  describe('by name constraints', () => {
    const under = (constraints, leaf, servername) => () => ({
      ...forge.chain({ intermediate: { extensions: [nameConstraints(constraints)] }, leaf }),
      servername,
    });
    const good = { names: ['a.good.test'] };
    const host = 'a.good.test';
    const company = (name) => der.name(['O', name]);
    const employee = { subject: der.name(['O', 'good'], ['CN', 'localhost']) };

    accepts('that permit its name', under({ permitted: [dns('good.test')] }, good, host));
    accepts('that exclude others', under({ excluded: [dns('evil.test')] }, good, host));
    refuses(
      'that permit others',
      'UNSPECIFIED',
      under({ permitted: [dns('evil.test')] }, good, host),
    );
    refuses(
      'that exclude its name',
      'UNSPECIFIED',
      under({ excluded: [dns('good.test')] }, good, host),
    );
    accepts(
      'that permit its address',
      under({ permitted: [ip('127.0.0.0', '255.0.0.0')] }, {}, ''),
    );
    refuses(
      'that permit other addresses',
      'UNSPECIFIED',
      under({ permitted: [ip('192.0.2.0', '255.255.255.0')] }, {}, ''),
    );
    refuses(
      'that exclude its address',
      'UNSPECIFIED',
      under({ excluded: [ip('127.0.0.0', '255.0.0.0')] }, {}, ''),
    );
    accepts(
      'that permit its directory',
      under({ permitted: [directory(company('good'))] }, employee),
    );
    refuses(
      'that permit another directory',
      'UNSPECIFIED',
      under({ permitted: [directory(company('evil'))] }, employee),
    );
    refuses(
      'that exclude its directory',
      'UNSPECIFIED',
      under({ excluded: [directory(company('good'))] }, employee),
    );
  });

  describe('by revocation lists', () => {
    const withList = (revoked) => () => {
      const made = forge.chain({ intermediate: null });
      const crl = revocationList(made.root, revoked ? [made[revoked]] : []);
      return { ...made, options: { crl } };
    };
    accepts('that do not have it', withList(null));
    refuses('that have it', 'CERT_REVOKED', withList('leaf'));
    refuses('that have its intermediate', 'CERT_REVOKED', () => {
      const made = forge.chain();
      const { root, intermediate } = made;
      const crl = [revocationList(root, [intermediate]), revocationList(intermediate)];
      return { ...made, options: { crl } };
    });
  });
});
