//! Memory for received bytes: written by a reactor, seen by JavaScript as Buffers, used again when
//! JavaScript has dealt with what was in it.
//!
//! A slab is filled from front to back. The reactor writes only behind what it has committed, and
//! JavaScript reads only what was committed. When the reactor has moved on and JavaScript has dealt
//! with every chunk, the same slab, with the Buffer over it, is filled anew: no memory is mapped
//! and no Buffer collected for bytes that the HTTP parser copies anyway. A slab of which the
//! program keeps a part (`Reader::keep`) is never filled again, and is freed when its Buffer was
//! collected. How JavaScript is shown a slab is in `shown`.

use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex};

use slab::Slab;

use crate::lock::lock;
use crate::net::{Chunk, Inbound};

/// Many small answers share a slab of this size: what Node allocates for a single read.
const SMALL_BYTES: usize = 64 << 10;

/// A large body over TLS gets slabs of this size, as `net` asks for room for what several records
/// may hold; without TLS a read fills a small slab.
const LARGE_BYTES: usize = 256 << 10;

/// Bytes of slabs that an environment keeps for its next reads.
const FREE_BYTES_MAX: usize = 2 << 20;

type Memory = Box<[MaybeUninit<u8>]>;

/// One slab. Its memory is reached by the pointer that it was made with alone, as two threads use
/// disjoint parts of it: a reference to all of it would claim what the other one uses.
pub(super) struct SlabMemory {
    start: *mut MaybeUninit<u8>,
    len: usize,
}

// SAFETY: the memory is owned by the slab and freed by its last holder. The reactor writes only
// behind the committed part, which is all that JavaScript's thread reads.
unsafe impl Send for SlabMemory {}
// SAFETY: as above.
unsafe impl Sync for SlabMemory {}

impl SlabMemory {
    pub(super) fn new(len: usize) -> Self {
        Self {
            len,
            start: Box::into_raw(Memory::new_uninit_slice(len)).cast(),
        }
    }

    pub(super) fn start(&self) -> *mut MaybeUninit<u8> {
        self.start
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Where the bytes of a chunk of this slab are.
    pub(super) fn committed(&self, chunk: Chunk) -> *const u8 {
        let (offset, len) = (chunk.offset as usize, chunk.len as usize);
        assert!(offset + len <= self.len, "a chunk lies within its slab");
        // SAFETY: within the slab's memory, as was just seen.
        unsafe { self.start.add(offset) }.cast()
    }
}

impl Drop for SlabMemory {
    fn drop(&mut self) {
        let memory = std::ptr::slice_from_raw_parts_mut(self.start, self.len);
        // SAFETY: made by `Box::into_raw` in `new` with this length, and dropped once.
        drop::<Memory>(unsafe { Box::from_raw(memory) });
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
    /// Slabs that JavaScript has dealt with.
    free: Vec<u32>,
    free_bytes: usize,
}

impl Inner {
    /// A slab of this size to be filled from its start.
    fn begin(&mut self, len: usize) -> Current {
        let is_fit = |&slab: &u32| self.slabs.get(slab as usize).is_some_and(|m| m.len == len);
        // The last one freed is the one that the caches know.
        let fit = self.free.iter().rposition(is_fit);
        let (slab, memory) = match fit.map(|at| self.free.remove(at)) {
            Some(slab) => {
                self.free_bytes -= len;
                (slab, self.slabs[slab as usize].clone())
            }
            None => {
                let memory = Arc::new(SlabMemory::new(len));
                (self.slabs.insert(memory.clone()) as u32, memory)
            }
        };
        Current {
            memory,
            slab,
            used: 0,
            commits: 0,
        }
    }

    /// Keeps a slab for the next reads. False where there are enough.
    fn recycle(&mut self, slab: u32) -> bool {
        let len = self.slabs.get(slab as usize).map_or(0, |memory| memory.len);
        let kept =
            matches!(len, SMALL_BYTES | LARGE_BYTES) && self.free_bytes + len <= FREE_BYTES_MAX;
        if kept {
            self.free_bytes += len;
            self.free.push(slab);
        }
        kept
    }
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
            let len = if least > SMALL_BYTES {
                least.max(LARGE_BYTES)
            } else {
                SMALL_BYTES
            };
            lock(&table.inner).begin(len)
        });
        // SAFETY: `used <= len`, and what is behind `used` was committed to nobody: only this
        // writer, borrowed mutably for as long as the slice lives, reaches it. JavaScript's Buffer
        // is no reference, and is read where chunks were committed.
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

/// JavaScript's end: what it has of each slab.
pub(super) struct Reader {
    table: Arc<SlabTable>,
    /// By slab.
    seen: Vec<Seen>,
    retired: Vec<Retired>,
}

/// What JavaScript has of a slab.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Whether there is a Buffer over it.
    shown: bool,
    /// Commits taken since the slab was begun.
    taken: u32,
    /// Whether the program has a part of it.
    kept: bool,
}

impl Reader {
    pub(super) fn new(table: Arc<SlabTable>) -> Self {
        Self {
            table,
            seen: Vec::new(),
            retired: Vec::new(),
        }
    }

    /// The program may have a part of this slab: it must stay as it is.
    pub(super) fn keep(&mut self, slab: u32) {
        if let Some(seen) = self.seen.get_mut(slab as usize) {
            seen.kept = true;
        }
    }

    /// Gives back the slabs whose chunks were all taken before. Called when JavaScript has dealt
    /// with every record that it took. `hide` is called for each slab that it was shown and that is no more.
    pub(super) fn sweep<E>(&mut self, mut hide: impl FnMut(u32) -> Result<(), E>) -> Result<(), E> {
        let mut inner = lock(&self.table.inner);
        self.retired.append(&mut inner.retired);
        let seen_of = &mut self.seen;
        let mut result = Ok(());
        self.retired.retain(|retired| {
            let index = retired.slab as usize;
            let mut unseen = Seen::default();
            let seen = seen_of.get_mut(index).unwrap_or(&mut unseen);
            if seen.taken < retired.commits {
                return true;
            }
            seen.taken = 0;
            if !seen.kept && inner.recycle(retired.slab) {
                return false;
            }
            inner.slabs.try_remove(index);
            if std::mem::take(seen).shown
                && let Err(err) = hide(retired.slab)
            {
                result = Err(err);
            }
            false
        });
        result
    }

    /// Counts a chunk. Answers its slab where JavaScript was not shown it yet.
    pub(super) fn take(&mut self, chunk: Chunk) -> Option<Arc<SlabMemory>> {
        let index = chunk.slab as usize;
        if self.seen.len() <= index {
            self.seen.resize(index + 1, Seen::default());
        }
        let seen = &mut self.seen[index];
        seen.taken += chunk.commits;
        if seen.shown {
            return None;
        }
        lock(&self.table.inner).slabs.get(index).cloned()
    }

    /// There is a Buffer over this slab.
    pub(super) fn has_shown(&mut self, slab: u32) {
        if let Some(seen) = self.seen.get_mut(slab as usize) {
            seen.shown = true;
        }
    }
}

#[cfg(test)]
mod tests;
