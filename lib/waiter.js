'use strict';

// A queued request. Node leaves one that is destroyed in the queue until a socket comes by; here it
// leaves in the next tick, with its error and 'close'.

const { AsyncResource } = require('node:async_hooks');

class Waiter {
  #waiting = true;
  #own;
  #destroyQueued;

  // Whether the connection that was made for it was dead, and another one is being made.
  retried = false;

  // `cancel` is called when the request is destroyed while it waits.
  constructor(req, options, cancel) {
    this.req = req;
    this.options = options;
    this.scope = new AsyncResource('QueuedRequest', { requireManualDestroy: true });

    const { destroy } = req;
    this.#own = Object.getOwnPropertyDescriptor(req, 'destroy');
    const leave = () => {
      if (!this.#waiting) return;
      this.leave();
      cancel();
    };
    this.#destroyQueued = function destroyQueued(error) {
      const destroyed = this.destroyed;
      const result = destroy.call(this, error);
      if (!destroyed) process.nextTick(leave);
      return result;
    };
    req.destroy = this.#destroyQueued;
  }

  // Leaves the queue and calls back in the async context in which the request was queued. Once
  // more where the connection that it was given is dead.
  serve(callback) {
    const first = this.#waiting;
    this.leave();
    try {
      this.scope.runInAsyncScope(callback, null, this.req);
    } finally {
      if (first) this.scope.emitDestroy();
    }
  }

  // A program that has wrapped `destroy` meanwhile keeps its wrapper: ours does nothing any more.
  leave() {
    this.#waiting = false;
    if (this.req.destroy !== this.#destroyQueued) return;
    if (this.#own) Object.defineProperty(this.req, 'destroy', this.#own);
    else delete this.req.destroy;
  }
}

module.exports = { Waiter };
