//! Large writes that are copied, into memory that is used again: malloc gives pieces of this size
//! back to the system, and an upload would fault in every page of its body.

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
    memory: Vec<Vec<u8>>,
    bytes: usize,
}

/// One copy, until its last byte is written.
pub(super) struct Copied {
    bytes: Vec<u8>,
    spares: Arc<Mutex<Spares>>,
}

impl Copies {
    pub(super) fn copy(&self, array: &[u8]) -> Copied {
        let mut bytes = lock(&self.0).take();
        bytes.clear();
        bytes.extend_from_slice(array);
        Copied {
            bytes,
            spares: self.0.clone(),
        }
    }
}

impl Spares {
    fn take(&mut self) -> Vec<u8> {
        let memory = self.memory.pop().unwrap_or_default();
        self.bytes -= memory.capacity();
        memory
    }

    fn put(&mut self, memory: Vec<u8>) {
        if self.bytes + memory.capacity() <= SPARE_BYTES_MAX {
            self.bytes += memory.capacity();
            self.memory.push(memory);
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
