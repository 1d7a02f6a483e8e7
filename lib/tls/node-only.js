'use strict';

// Thrown while a plan is made, where Node's own transport must serve; `reason` is an option's name
// or a short phrase. It never leaves the planning.
class NodeOnly {
  constructor(reason) {
    this.reason = reason;
  }
}

module.exports = { NodeOnly };
