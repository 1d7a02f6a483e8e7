'use strict';

// Builds the server in Rust, a crate of its own: servers/hyper.

const path = require('node:path');

const { cargoArtifact, whyNoCargo } = require('../scripts/cargo');

const CRATE = path.join(__dirname, 'servers', 'hyper');

/** Its program, built again only where that is due. Throws where it can't be built. */
function buildHyper() {
  if (whyNoCargo(CRATE)) throw new Error('there is no cargo to build it with');
  const args = ['build', '--release', '--locked'];
  const artifact = cargoArtifact('oxagent-bench-hyper', args, { cwd: CRATE });
  if (!artifact) throw new Error('cargo does not build it, see above');
  return artifact.executable;
}

module.exports = { buildHyper };
