'use strict';

// A queued request. Node leaves one that is destroyed in the queue until a socket comes by; here it
// leaves in the next tick, with its error and 'close'; its place is free before, where it is
// needed.

const { AsyncResource } = require('node:async_hooks');

const { nextTick } = require('./originals');

class Waiter {
  #waiting = true;
  #givenUp = false;
  #doomed;
  #cancel;
  #own;
  #destroyQueued;

  // Whether the connection that was made for it was dead, and another one is being made.
  retried = false;

  // `doomed` has the agent's that were destroyed in this tick. `cancel` takes this one from the
  // queue.
  constructor(req, options, doomed, cancel) {
    this.req = req;
    this.options = options;
    this.scope = new AsyncResource('QueuedRequest', { requireManualDestroy: true });
    this.#doomed = doomed;
    this.#cancel = cancel;

    const { destroy } = req;
    this.#own = Object.getOwnPropertyDescriptor(req, 'destroy');
    const end = () => {
      this.giveUp();
      // Emits the error and 'close'.
      if (this.#givenUp) req.onSocket(null);
    };
    const doom = () => {
      // A program's own destroy() may call itself.
      if (!this.#waiting || doomed.has(this)) return;
      doomed.add(this);
      nextTick(end);
    };
    this.#destroyQueued = function destroyQueued(error) {
      const destroyed = this.destroyed;
      const result = destroy.call(this, error);
      // A program's own may put it off.
      if (this.destroyed && !destroyed) doom();
      return result;
    };
    // One that can't be replaced leaves the request in the queue until its turn comes.
    Reflect.defineProperty(req, 'destroy', {
      value: this.#destroyQueued,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }

  // Its request is destroyed: it leaves the queue, where it is still in it.
  giveUp() {
    if (!this.#waiting) return;
    this.#givenUp = true;
    this.#cancel();
  }

  // Calls back in the async context in which the request was queued. Once more where the connection
  // that it was given is dead.
  serve(callback) {
    this.scope.runInAsyncScope(callback, null, this.req);
  }

  // It is in the queue no more. A program that has wrapped `destroy` meanwhile keeps its wrapper:
  // ours does nothing any more.
  leave() {
    this.#waiting = false;
    this.#doomed.delete(this);
    this.scope.emitDestroy();
    if (this.req.destroy !== this.#destroyQueued) return;
    if (this.#own) Object.defineProperty(this.req, 'destroy', this.#own);
    else delete this.req.destroy;
  }
}

module.exports = { Waiter };
