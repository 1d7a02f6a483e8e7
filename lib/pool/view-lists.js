'use strict';

// What a view shows: one part of the pool, a list for each name, with what a program has written
// to it.

const { ViewList, listOf } = require('./view-list');

class ViewLists {
  #pool;
  #part;
  #accepts;
  #onEdit;
  #lists = new Map();
  // Those of which the pool does not know all: made by the program, or written to.
  #own = new Set();
  #edited = new Set();
  #names = [];
  #seen = -1;

  // `accepts(name, entry)` says whether a program may add the entry; `onEdit` is called when it has
  // written something.
  constructor(pool, part, accepts, onEdit) {
    this.#pool = pool;
    this.#part = part;
    this.#accepts = accepts;
    this.#onEdit = onEdit;
  }

  names() {
    const { version } = this.#pool;
    if (this.#seen !== version) {
      this.#names = this.#pool.namesIn(this.#part);
      this.#seen = version;
    }
    if (this.#own.size === 0) return this.#names;
    const names = new Set(this.#names);
    for (const list of this.#own) {
      if (list.isListed) names.add(list.name);
      else names.delete(list.name);
    }
    return [...names];
  }

  list(name) {
    const known = this.#lists.get(name);
    if (known !== undefined) return known.isListed ? known : undefined;
    return this.#pool.hasIn(this.#part, name) ? this.#open(name, []) : undefined;
  }

  // The name has these entries and no others. Answers whether that may be.
  assign(name, entries) {
    const former = this.list(name);
    if (former !== undefined && listOf(entries) === former) return true;
    if (!entries.every((entry) => this.#accepts(name, entry))) return false;
    const array = [...entries];
    const before = former?.before ?? [];
    this.#drop(this.#lists.get(name));
    this.#open(name, array).make(before);
    return true;
  }

  remove(name) {
    this.list(name)?.remove();
  }

  accepts(name, entry) {
    return this.#accepts(name, entry);
  }

  edited(list) {
    this.#own.add(list);
    this.#edited.add(list);
    this.#onEdit();
  }

  // What the program has written since this was asked last: { part, name, added, removed } of each
  // list.
  takeEdits() {
    const edited = [...this.#edited];
    this.#edited.clear();
    return edited.map((list) => {
      const edit = list.takeEdit();
      if (!list.isOwn) this.#own.delete(list);
      return edit;
    });
  }

  // The pool has nothing under the name any more. Whoever holds the list has an empty one.
  forget(name) {
    const list = this.#lists.get(name);
    if (list === undefined || list.isEdited) return;
    list.refresh();
    this.#drop(list);
  }

  #open(name, array) {
    const list = new ViewList(this, this.#pool, this.#part, name, array);
    this.#lists.set(name, list);
    return list;
  }

  #drop(list) {
    if (list === undefined) return;
    this.#lists.delete(list.name);
    this.#own.delete(list);
    this.#edited.delete(list);
    list.detach();
  }
}

module.exports = { ViewLists };
