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

/// What JavaScript is handed at once, as much as libuv reads at once: of larger chunks, which the
/// HTTP parser copies, V8 lets more bytes become garbage before it collects.
pub(super) const CHUNK_BYTES_MAX: usize = 64 << 10;

impl Chunk {
    /// Takes in the chunk that follows in memory. False when `next` is not that, or both are more
    /// than one chunk may be.
    pub(super) fn join(&mut self, next: Chunk) -> bool {
        let fits = self.slab == next.slab
            && self.offset + self.len == next.offset
            && (self.len + next.len) as usize <= CHUNK_BYTES_MAX;
        if fits {
            self.len += next.len;
            self.commits += next.commits;
        }
        fits
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

    /// Whether it is lent.
    fn is_lent(&self) -> bool {
        false
    }
}
