//! Where a stream of large writes is cut, so that every packet but the last is full.
//!
//! What 64 KiB have too much for their packets, 53 bytes over the loopback device, would be a
//! packet of its own: it costs both ends nearly what a full one does, and kept such an upload at
//! half its rate. So this tail waits while more of the stream may already be here, and no longer:
//! it does not wait for the server, as with Nagle's algorithm (RFC 9293, section 3.7.4), which
//! agents switch off.

use super::stream::Stream;

/// Writes from which on a tail is looked for.
#[cfg(unix)]
const LARGE_BYTES_MIN: usize = 16 << 10;

/// Longer tails leave at once: they are worth a packet, and to keep one may cost a copy.
pub(super) const TAIL_BYTES_MAX: usize = 4 << 10;

/// Bytes of one packet's data; 0 where that is not known, or nobody may wait.
#[derive(Clone, Copy)]
pub(super) struct Segments(pub(super) usize);

impl Segments {
    /// Everything leaves at once.
    pub(super) const ANY: Self = Self(0);

    /// For a write of `len` bytes. The kernel is asked each time, as a connection begins with
    /// smaller packets than it comes to have.
    #[cfg(unix)]
    pub(super) fn of(stream: &Stream, len: usize) -> Self {
        let tcp = stream.tcp().filter(|_| len >= LARGE_BYTES_MIN);
        let bytes = tcp.and_then(|tcp| tcp.tcp_mss().ok());
        bytes.map_or(Self::ANY, |bytes| Self(bytes as usize))
    }

    /// The system does not tell.
    #[cfg(not(unix))]
    pub(super) fn of(_stream: &Stream, _len: usize) -> Self {
        Self::ANY
    }

    /// How many of `len` bytes leave now. The rest is a tail.
    pub(super) fn cut(self, len: usize) -> usize {
        match len.checked_rem(self.0) {
            Some(tail) if tail < len && tail <= TAIL_BYTES_MAX => len - tail,
            _ => len,
        }
    }
}

#[cfg(test)]
mod tests;
