//! Tables with dense `u32` ids that are used again.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_dense_and_used_again() {
        let mut table = Table::default();
        assert_eq!(table.insert('a'), Some(0));
        assert_eq!(table.insert('b'), Some(1));
        assert_eq!(table.remove(0), Some('a'));
        assert_eq!(table.insert('c'), Some(0));
        assert!(!table.is_full());
    }

    #[test]
    fn unknown_id_is_none() {
        let mut table: Table<char> = Table::default();
        assert_eq!(table.get(7), None);
        assert_eq!(table.get_mut(NO_ID), None);
        assert_eq!(table.remove(7), None);
        assert!(!table.contains(NO_ID));
    }

    #[test]
    fn empty_table_gives_the_memory_of_a_burst_back() {
        let mut table = Table::default();
        for n in 0..5000 {
            table.insert(n);
        }
        for id in 0..5000 {
            table.remove(id);
        }
        assert_eq!(table.entries.capacity(), 0);
    }
}
