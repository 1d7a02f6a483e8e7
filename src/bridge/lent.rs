//! Large writes, handed over by reference: JavaScript must not change them until the write's
//! callback, as with `net.Socket`.

use std::sync::{Arc, Mutex};

use napi::bindgen_prelude::Uint8Array;
use slab::Slab;

use crate::lock::lock;
use crate::net::Outbound;

/// The arrays that are out, on JavaScript's side, and those that came back.
#[derive(Default)]
pub(super) struct Lending {
    arrays: Slab<Uint8Array>,
    returned: Arc<Mutex<Vec<usize>>>,
}

/// One array as the reactor sees it.
pub(super) struct Lent {
    start: *const u8,
    len: usize,
    key: usize,
    returned: Arc<Mutex<Vec<usize>>>,
}

// SAFETY: the array stays referenced in `Lending`, so its memory stays, until `Lent` is dropped.
// The environment's cleanup waits for the reactor to drop what it holds.
unsafe impl Send for Lent {}

impl Lending {
    pub(super) fn lend(&mut self, array: Uint8Array) -> Lent {
        self.collect();
        let (start, len) = (array.as_ptr(), array.len());
        let key = self.arrays.insert(array);
        Lent {
            start,
            len,
            key,
            returned: self.returned.clone(),
        }
    }

    /// Lets JavaScript collect what came back. On JavaScript's thread.
    pub(super) fn collect(&mut self) {
        if self.arrays.is_empty() {
            return;
        }
        let returned = std::mem::take(&mut *lock(&self.returned));
        for key in returned {
            self.arrays.try_remove(key);
        }
    }
}

impl Outbound for Lent {
    fn bytes(&self) -> &[u8] {
        // SAFETY: see `Send`: the memory is there as long as `self` is.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    fn is_lent(&self) -> bool {
        true
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        lock(&self.returned).push(self.key);
    }
}
