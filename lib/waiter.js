'use strict';

// A queued request. Node leaves one that is destroyed in the queue until a socket comes by; here it
// leaves at once, with its error and 'close'.

const { AsyncResource } = require('node:async_hooks');

class Waiter {
  #destroy;

  // `cancel` is called when the request is destroyed before `serve`.
  constructor(req, options, cancel) {
    this.req = req;
    this.options = options;
    this.scope = new AsyncResource('QueuedRequest', { requireManualDestroy: true });
    const { destroy } = req;
    this.#destroy = function destroyQueued(error) {
      if (!this.destroyed) cancel();
      return destroy.call(this, error);
    };
    req.destroy = this.#destroy;
  }

  // Leaves the queue for good: `callback` runs in the async context in which the request was queued.
  serve(callback) {
    this.leave();
    this.scope.runInAsyncScope(callback, null, this.req);
    this.scope.emitDestroy();
  }

  leave() {
    if (this.req.destroy === this.#destroy) delete this.req.destroy;
  }
}

module.exports = { Waiter };
