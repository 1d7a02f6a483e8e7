//! Memory that JavaScript sees, as the reactor is allowed to touch it.

use std::mem::MaybeUninit;

/// A piece of received data, in the words of whoever owns the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which slab of the port.
    pub slab: u32,
    /// Bytes from the slab's start.
    pub offset: u32,
    /// Bytes of data, at least 1.
    pub len: u32,
    /// How many commits it is made of.
    pub commits: u32,
}

impl Chunk {
    /// Takes in the chunk that follows in memory. False when `next` is not that.
    pub(super) fn join(&mut self, next: Chunk) -> bool {
        let follows = self.slab == next.slab && self.offset + self.len == next.offset;
        if follows {
            self.len += next.len;
            self.commits += next.commits;
        }
        follows
    }
}

/// Where a port wants received bytes. One per port and reactor, used on the reactor's thread only.
pub trait Inbound {
    /// Room to read into: at least `least` bytes, never handed out before.
    fn room(&mut self, least: usize) -> &mut [MaybeUninit<u8>];

    /// The first `len` bytes of the last `room` are data now and belong to JavaScript for ever.
    fn commit(&mut self, len: usize) -> Chunk;
}

/// A large write: a copy, or memory that JavaScript lends until this is dropped.
pub trait Outbound: Send {
    /// The bytes to write.
    fn bytes(&self) -> &[u8];
}

impl Outbound for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}
