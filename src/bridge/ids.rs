//! Connection ids: unique in the process, whichever thread of JavaScript a connection is of.
//!
//! An environment takes them in blocks, so that those of one thread are neighbours, and gives back
//! its blocks when it ends. Of the ids of its blocks each is used again after its last event.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Mutex;

use crate::lock::lock;
use crate::net::{BLOCK_IDS, ConnId};

/// JavaScript has ids as positive integers of 32 bits.
const BLOCKS_MAX: u32 = (i32::MAX as u32).div_ceil(BLOCK_IDS);

/// The blocks of this process.
static BLOCKS: Mutex<Blocks> = Mutex::new(Blocks::new(BLOCKS_MAX));

struct Blocks {
    /// Those that were given back. The lowest goes out first, so that tables stay small.
    free: BinaryHeap<Reverse<u32>>,
    /// The first that never went out.
    next: u32,
    max: u32,
}

impl Blocks {
    const fn new(max: u32) -> Self {
        Self {
            free: BinaryHeap::new(),
            next: 0,
            max,
        }
    }

    fn take(&mut self) -> Option<u32> {
        if let Some(Reverse(block)) = self.free.pop() {
            return Some(block);
        }
        let block = self.next;
        self.next = (block < self.max).then_some(block + 1)?;
        Some(block)
    }
}

/// The ids of one environment.
#[derive(Default)]
pub(super) struct Ids {
    blocks: Vec<u32>,
    /// The last one that was given back goes out first: the caches know what is kept of it.
    free: Vec<ConnId>,
    ended: bool,
}

impl Ids {
    /// None where the process has no more, or the environment has ended.
    pub(super) fn take(&mut self) -> Option<ConnId> {
        if self.free.is_empty() && !self.ended {
            let block = lock(&BLOCKS).take()?;
            self.blocks.push(block);
            let first = block * BLOCK_IDS;
            self.free.extend((first..first + BLOCK_IDS).rev());
        }
        self.free.pop()
    }

    /// The caller has had it from `take`, and nothing of its connection is left.
    pub(super) fn give_back(&mut self, conn: ConnId) {
        if !self.ended {
            self.free.push(conn);
        }
    }

    /// No connection of the environment is left. Its ids go to others.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.free = Vec::new();
        let blocks = std::mem::take(&mut self.blocks);
        lock(&BLOCKS).free.extend(blocks.into_iter().map(Reverse));
    }
}

impl Drop for Ids {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests;
