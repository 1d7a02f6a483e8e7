//! Tables with dense `u32` ids that are used again, and doubly linked lists through their entries.
//!
//! Joining a list, and leaving it from anywhere, is O(1) and allocates nothing. An entry can be in
//! as many lists at a time as it has links; a marker type says which links a list uses.

use std::iter;
use std::marker::PhantomData;

use slab::Slab;

/// An id that no table ever gives out.
pub(super) const NO_ID: u32 = u32::MAX;

/// A table that has room for more than this gives its memory back when its last entry leaves, so
/// that a burst is not paid for until the process ends. Below it, coming and going stays free of
/// allocation.
const KEPT_CAPACITY: usize = 1024;

/// A [`Slab`] whose keys are `u32`, because ids cross to JavaScript in 32-bit integers.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: Slab<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            entries: Slab::new(),
        }
    }
}

impl<T> Table<T> {
    /// `None` when every id is taken.
    pub(super) fn insert(&mut self, value: T) -> Option<u32> {
        let id = u32::try_from(self.entries.vacant_key()).ok()?;
        if id == NO_ID {
            return None;
        }
        self.entries.insert(value);
        Some(id)
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<T> {
        let value = self.entries.try_remove(id as usize);
        if self.entries.is_empty() && self.entries.capacity() > KEPT_CAPACITY {
            self.entries = Slab::new();
        }
        value
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.entries.get(id as usize)
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        self.entries.get_mut(id as usize)
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        self.entries.contains(id as usize)
    }

    /// Whether an insertion would be refused.
    pub(super) fn is_full(&self) -> bool {
        self.entries.vacant_key() >= NO_ID as usize
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.entries
            .iter()
            .filter_map(|(id, _)| u32::try_from(id).ok())
    }
}

/// An entry's neighbours in one list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    prev: Option<u32>,
    next: Option<u32>,
}

/// An entry that can be in a list of kind `L`.
pub(super) trait Linked<L> {
    fn links(&self) -> &Links;
    fn links_mut(&mut self) -> &mut Links;
}

/// The ends of a list of kind `L`. Whoever owns it sees to it that an entry is in at most one list
/// of a kind, and leaves only the list it is in.
#[derive(Debug)]
pub(super) struct List<L> {
    front: Option<u32>,
    back: Option<u32>,
    len: u32,
    kind: PhantomData<L>,
}

impl<L> Default for List<L> {
    fn default() -> Self {
        Self {
            front: None,
            back: None,
            len: 0,
            kind: PhantomData,
        }
    }
}

impl<L> List<L> {
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn front(&self) -> Option<u32> {
        self.front
    }

    pub(super) fn back(&self) -> Option<u32> {
        self.back
    }

    pub(super) fn push_back<T: Linked<L>>(&mut self, table: &mut Table<T>, id: u32) {
        let Some(entry) = table.get_mut(id) else {
            return;
        };
        *entry.links_mut() = Links {
            prev: self.back,
            next: None,
        };
        match self.back.and_then(|back| table.get_mut(back)) {
            Some(back) => back.links_mut().next = Some(id),
            None => self.front = Some(id),
        }
        self.back = Some(id);
        self.len += 1;
    }

    pub(super) fn unlink<T: Linked<L>>(&mut self, table: &mut Table<T>, id: u32) {
        let Some(entry) = table.get_mut(id) else {
            return;
        };
        let Links { prev, next } = std::mem::take(entry.links_mut());
        match prev.and_then(|prev| table.get_mut(prev)) {
            Some(prev) => prev.links_mut().next = next,
            None => self.front = next,
        }
        match next.and_then(|next| table.get_mut(next)) {
            Some(next) => next.links_mut().prev = prev,
            None => self.back = prev,
        }
        self.len -= 1;
    }

    pub(super) fn pop_front<T: Linked<L>>(&mut self, table: &mut Table<T>) -> Option<u32> {
        let id = self.front?;
        self.unlink(table, id);
        Some(id)
    }

    pub(super) fn iter<'t, T: Linked<L>>(
        &self,
        table: &'t Table<T>,
    ) -> impl Iterator<Item = u32> + use<'t, T, L> {
        iter::successors(self.front, |id| table.get(*id)?.links().next)
    }
}

#[cfg(test)]
mod tests;
