//! Large writes that are copied, into memory that is used again: malloc gives pieces of this size
//! back to the system, and an upload would fault in every page of its body.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crate::lock::lock;
use crate::net::Outbound;

/// Bytes that are kept for later writes.
const SPARE_BYTES_MAX: usize = 2 << 20;

/// The copies of one environment.
#[derive(Default)]
pub(super) struct Copies(Arc<Mutex<Spares>>);

#[derive(Default)]
struct Spares {
    memory: VecDeque<Vec<u8>>,
    /// What they could hold together.
    bytes: usize,
}

/// One copy, until its last byte is written.
pub(super) struct Copied {
    bytes: Vec<u8>,
    spares: Arc<Mutex<Spares>>,
}

impl Copies {
    pub(super) fn copy(&self, array: &[u8]) -> Copied {
        let spare = lock(&self.0).take(array.len());
        let mut bytes = spare.unwrap_or_else(|| Vec::with_capacity(array.len()));
        bytes.clear();
        bytes.extend_from_slice(array);
        Copied {
            bytes,
            spares: self.0.clone(),
        }
    }
}

impl Spares {
    /// Memory for `len` bytes, no more than twice of them: what waits for a slow server is not to
    /// keep the memory of larger writes.
    fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        let fits = |spare: &Vec<u8>| (len..=2 * len).contains(&spare.capacity());
        let spare = self.memory.remove(self.memory.iter().rposition(fits)?)?;
        self.bytes -= spare.capacity();
        Some(spare)
    }

    /// Keeps this memory rather than what nobody has wanted for longest.
    fn put(&mut self, spare: Vec<u8>) {
        self.bytes += spare.capacity();
        self.memory.push_back(spare);
        while self.bytes > SPARE_BYTES_MAX
            && let Some(oldest) = self.memory.pop_front()
        {
            self.bytes -= oldest.capacity();
        }
    }
}

impl Outbound for Copied {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        lock(&self.spares).put(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests;
