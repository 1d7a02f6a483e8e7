'use strict';

// A queued request. Node leaves one that is destroyed in the queue until a socket comes by; here it
// leaves in the next tick, with its error and 'close'; its place is free before, where it is
// needed.

const { AsyncResource } = require('node:async_hooks');

const { nextTick } = require('../node/originals');

const kWaiter = Symbol('waiter');

// One for all queued requests. With a closure each, or with a Map of their waiters, what one had
// made would keep what the next one makes from the young generation's collector.
function destroyQueued(error) {
  const waiter = this[kWaiter];
  const destroy = waiter?.destroy ?? Object.getPrototypeOf(this).destroy;
  const destroyed = this.destroyed;
  const result = destroy.call(this, error);
  // A program's own may put it off.
  if (this.destroyed && !destroyed) waiter?.doom();
  return result;
}

function setHidden(object, key, value) {
  Reflect.defineProperty(object, key, { value, writable: true, configurable: true });
}

class Waiter {
  #waiting = true;
  #givenUp = false;
  #doomed;
  #cancel;
  #merge;
  #options;
  #own;

  // The program's own destroy() of the request.
  destroy;

  // Whether the connection that was made for it was dead, and another one is being made.
  retried = false;

  // `merge` makes the options of its connection, which most requests never need. `doomed` has the
  // agent's that were destroyed in this tick. `cancel` takes this one from the queue.
  constructor(req, merge, doomed, cancel) {
    this.req = req;
    this.#merge = merge;
    this.scope = new AsyncResource('QueuedRequest', { requireManualDestroy: true });
    this.#doomed = doomed;
    this.#cancel = cancel;
    if (!Object.hasOwn(req, kWaiter)) setHidden(req, kWaiter, this);
    else req[kWaiter] = this;
    if (req.destroy === destroyQueued) return;
    // A program may have put its own in the place.
    this.#own = Object.getOwnPropertyDescriptor(req, 'destroy');
    this.destroy = this.#own && req.destroy;
    // One that can't be replaced leaves the request in the queue until its turn comes.
    Reflect.defineProperty(req, 'destroy', {
      value: destroyQueued,
      writable: true,
      enumerable: Boolean(this.#own),
      configurable: true,
    });
  }

  get options() {
    this.#options ??= this.#merge();
    return this.#options;
  }

  // Its request is destroyed in this tick.
  doom() {
    // A program's own destroy() may call itself.
    if (!this.#waiting || this.#doomed.has(this)) return;
    this.#doomed.add(this);
    nextTick(() => {
      this.giveUp();
      // Emits the error and 'close'.
      if (this.#givenUp) this.req.onSocket(null);
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
    if (this.req[kWaiter] === this) this.req[kWaiter] = null;
    // Otherwise it stays, and does what the prototype's does: without a property of the many that
    // it has had since, a request is slower.
    if (this.#own && this.req.destroy === destroyQueued) {
      Object.defineProperty(this.req, 'destroy', this.#own);
    }
  }
}

module.exports = { Waiter };
