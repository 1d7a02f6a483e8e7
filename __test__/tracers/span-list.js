'use strict';

// The spans that a tracer tells of, in the order in which they began, with the order in which they
// ended: the timings that two runs have in common.

class SpanList {
  #spans = new Map();
  #ended = 0;

  begin(id) {
    this.#spans.set(id, { id, ended: Infinity });
  }

  end(id) {
    this.#spans.get(id).ended = ++this.#ended;
  }

  // `facts` are { parent, name } and what else the tracer says, without times and ids.
  tell(id, facts) {
    Object.assign(this.#spans.get(id), facts);
  }

  all() {
    return [...this.#spans.values()];
  }
}

module.exports = { SpanList };
