//! Memory for received bytes: written by a reactor, seen by JavaScript as Buffers, never reused
//! while JavaScript can see it.
//!
//! A slab is filled from front to back. The reactor writes only behind what it has committed,
//! JavaScript reads only what was committed, and a slab goes back to the free list only when the
//! Buffer over it was collected and the reactor has moved on: each holds it by an `Arc`.

use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{BufferSlice, JsObjectValue, Object};
use napi::{Env, Result};
use slab::Slab;

use crate::net::{Chunk, Inbound};

/// Many small answers share a slab of this size: what Node allocates for a single read.
const SMALL_BYTES: usize = 64 << 10;

/// A large body gets slabs of this size: `net` never asks for more room at once.
const LARGE_BYTES: usize = 256 << 10;

/// Bytes of free slabs of each size that the process keeps for the next reads.
const FREE_BYTES_MAX: usize = 16 << 20;

static FREE_SMALL: Mutex<Vec<Memory>> = Mutex::new(Vec::new());
static FREE_LARGE: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

type Memory = Box<[MaybeUninit<u8>]>;

/// One slab. Its memory is reached by pointer alone: two threads use disjoint parts of it.
struct SlabMemory {
    start: *mut MaybeUninit<u8>,
    len: usize,
}

// SAFETY: the memory is owned by the slab and freed by its last holder. The reactor writes only
// behind the committed part, which is all that JavaScript's thread reads.
unsafe impl Send for SlabMemory {}
// SAFETY: as above.
unsafe impl Sync for SlabMemory {}

impl SlabMemory {
    fn new(least: usize) -> Self {
        let (free, len) = if least > SMALL_BYTES {
            (&FREE_LARGE, least.max(LARGE_BYTES))
        } else {
            (&FREE_SMALL, SMALL_BYTES)
        };
        let reused = lock(free).pop().filter(|memory| memory.len() >= len);
        let memory = reused.unwrap_or_else(|| Box::new_uninit_slice(len));
        Self {
            len: memory.len(),
            start: Box::into_raw(memory).cast(),
        }
    }
}

impl Drop for SlabMemory {
    fn drop(&mut self) {
        let memory = std::ptr::slice_from_raw_parts_mut(self.start, self.len);
        // SAFETY: made by `Box::into_raw` in `new` with this length, and dropped once.
        let memory: Memory = unsafe { Box::from_raw(memory) };
        let (free, size) = match self.len {
            SMALL_BYTES => (&FREE_SMALL, SMALL_BYTES),
            LARGE_BYTES => (&FREE_LARGE, LARGE_BYTES),
            _ => return,
        };
        let mut free = lock(free);
        if (free.len() + 1) * size <= FREE_BYTES_MAX {
            free.push(memory);
        }
    }
}

/// The slabs of one environment, by the index that the records carry.
#[derive(Default)]
pub(super) struct SlabTable {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    slabs: Slab<Arc<SlabMemory>>,
    /// Slabs that their reactor has moved on from.
    retired: Vec<Retired>,
}

struct Retired {
    slab: u32,
    commits: u32,
}

/// The reactor's end.
pub(super) struct Writer {
    table: Arc<SlabTable>,
    current: Option<Current>,
}

struct Current {
    memory: Arc<SlabMemory>,
    slab: u32,
    used: usize,
    commits: u32,
}

impl Writer {
    pub(super) fn new(table: Arc<SlabTable>) -> Self {
        Self {
            table,
            current: None,
        }
    }

    fn retire(&mut self) {
        if let Some(old) = self.current.take() {
            let retired = Retired {
                slab: old.slab,
                commits: old.commits,
            };
            lock(&self.table.inner).retired.push(retired);
        }
    }
}

impl Inbound for Writer {
    fn room(&mut self, least: usize) -> &mut [MaybeUninit<u8>] {
        if self
            .current
            .as_ref()
            .is_some_and(|current| current.memory.len - current.used < least)
        {
            self.retire();
        }
        let table = &self.table;
        let current = self.current.get_or_insert_with(|| {
            let memory = Arc::new(SlabMemory::new(least));
            let slab = lock(&table.inner).slabs.insert(memory.clone()) as u32;
            Current {
                memory,
                slab,
                used: 0,
                commits: 0,
            }
        });
        // SAFETY: `used <= len`, and what is behind `used` was committed to nobody: only this
        // writer, borrowed mutably for as long as the slice lives, reaches it.
        unsafe {
            std::slice::from_raw_parts_mut(
                current.memory.start.add(current.used),
                current.memory.len - current.used,
            )
        }
    }

    fn commit(&mut self, len: usize) -> Chunk {
        let Some(current) = &mut self.current else {
            return Chunk {
                slab: 0,
                offset: 0,
                len: 0,
                commits: 0,
            };
        };
        let len = len.min(current.memory.len - current.used);
        let chunk = Chunk {
            slab: current.slab,
            offset: current.used as u32,
            len: len as u32,
            commits: 1,
        };
        current.used += len;
        current.commits += 1;
        chunk
    }
}

/// JavaScript's end: makes a Buffer over each slab when its first chunk is taken, and lets go of
/// it when the last one was.
pub(super) struct Reader {
    table: Arc<SlabTable>,
    /// Commits taken, by slab.
    taken: Vec<u32>,
    retired: Vec<Retired>,
}

impl Reader {
    pub(super) fn new(table: Arc<SlabTable>) -> Self {
        Self {
            table,
            taken: Vec::new(),
            retired: Vec::new(),
        }
    }

    /// Clears the places of slabs whose chunks were all taken before. Called when JavaScript has
    /// dealt with every record that it took.
    pub(super) fn sweep(&mut self, slabs: &mut Object) -> Result<()> {
        let mut inner = lock(&self.table.inner);
        self.retired.append(&mut inner.retired);
        let taken = &mut self.taken;
        let mut result = Ok(());
        self.retired.retain(|retired| {
            let Some(count) = taken.get_mut(retired.slab as usize) else {
                // Nothing of it was ever taken: wait for what there is, if there is anything.
                if retired.commits == 0 {
                    inner.slabs.try_remove(retired.slab as usize);
                }
                return retired.commits > 0;
            };
            if *count < retired.commits {
                return true;
            }
            *count = 0;
            inner.slabs.try_remove(retired.slab as usize);
            if let Err(err) = slabs.delete_element(retired.slab) {
                result = Err(err);
            }
            false
        });
        result
    }

    /// Counts a chunk, and shows its slab to JavaScript when it is the slab's first.
    pub(super) fn take(&mut self, env: &Env, slabs: &mut Object, chunk: Chunk) -> Result<()> {
        let index = chunk.slab as usize;
        if self.taken.len() <= index {
            self.taken.resize(index + 1, 0);
        }
        let first = self.taken[index] == 0;
        self.taken[index] += chunk.commits;
        if first && let Some(memory) = lock(&self.table.inner).slabs.get(index).cloned() {
            let (start, len) = (memory.start.cast(), memory.len);
            // SAFETY: the finalizer's hold keeps the memory until the Buffer is collected. What is
            // not yet written is never read: JavaScript slices by committed chunks only.
            let buffer = unsafe {
                BufferSlice::from_external(env, start, len, memory, |_, hold| drop(hold))
            }?;
            slabs.set_element(chunk.slab, buffer)?;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_a_slab_never_overlap_and_a_full_slab_is_left() {
        let table = Arc::new(SlabTable::default());
        let mut writer = Writer::new(table.clone());
        let mut end = 0;
        for _ in 0..3 {
            assert!(writer.room(4096).len() >= 4096);
            let chunk = writer.commit(100);
            assert_eq!((chunk.slab, chunk.offset, chunk.len), (0, end, 100));
            end += 100;
        }
        assert_eq!(writer.room(LARGE_BYTES).len(), LARGE_BYTES);
        assert_eq!(writer.commit(1).slab, 1);
        assert_eq!(lock(&table.inner).retired.len(), 1);
    }

    #[test]
    fn a_freed_slab_is_used_again() {
        let memory = SlabMemory::new(1);
        let start = memory.start;
        drop(memory);
        let starts: Vec<_> = lock(&FREE_SMALL).iter().map(|free| free.as_ptr()).collect();
        assert!(starts.contains(&start.cast_const()) || starts.is_empty());
    }
}
