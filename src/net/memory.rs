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
}

/// Where a port wants received bytes. One per port and reactor, used on the reactor's thread only.
pub trait Inbound {
    /// Room to read into: at least `least` bytes, never handed out before.
    fn room(&mut self, least: usize) -> &mut [MaybeUninit<u8>];

    /// The first `len` bytes of the last `room` are data now and belong to JavaScript for ever.
    fn commit(&mut self, len: usize) -> Chunk;
}

/// A large write, lent by JavaScript until it is dropped.
pub trait Outbound: Send {
    /// The bytes to write.
    fn bytes(&self) -> &[u8];
}
