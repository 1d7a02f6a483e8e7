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

  // `cancel` is called when the request was destroyed while it waits: it takes it from the queue.
  constructor(req, options, cancel) {
    this.req = req;
    this.options = options;
    this.scope = new AsyncResource('QueuedRequest', { requireManualDestroy: true });

    const { destroy } = req;
    this.#own = Object.getOwnPropertyDescriptor(req, 'destroy');
    const giveUp = () => {
      if (this.#waiting) cancel();
    };
    this.#destroyQueued = function destroyQueued(error) {
      const destroyed = this.destroyed;
      const result = destroy.call(this, error);
      if (!destroyed) process.nextTick(giveUp);
      return result;
    };
    req.destroy = this.#destroyQueued;
  }

  // Calls back in the async context in which the request was queued. Once more where the connection
  // that it was given is dead.
  serve(callback) {
    this.scope.runInAsyncScope(callback, null, this.req);
  }

  // It is in the queue no more. A program that has wrapped `destroy` meanwhile keeps its wrapper: ours
  // does nothing any more.
  leave() {
    this.#waiting = false;
    this.scope.emitDestroy();
    if (this.req.destroy !== this.#destroyQueued) return;
    if (this.#own) Object.defineProperty(this.req, 'destroy', this.#own);
    else delete this.req.destroy;
  }
}

module.exports = { Waiter };
