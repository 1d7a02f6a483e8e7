//! What the JavaScript thread and the reactor must agree on about one connection, without waiting.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::Waker;

use super::read_ahead::{Demand, Intake, ReadAhead};
use crate::lock::lock;

const ACTIVE: u32 = 0;
const PARKED: u32 = 1;
const DEAD: u32 = 2;
const STATE_MASK: u32 = 0b11;
/// Something was written on the connection before it was parked.
const USED: u32 = 0b100;
const EPOCH_SHIFT: u32 = 3;

/// The word that decides whether a parked connection may be handed out.
///
/// It holds a state (active, parked, dead) and an epoch, which counts how often the connection
/// was handed out again. The JavaScript thread parks and claims; the reactor kills.
///
/// A connection on which nothing was ever written is a fresh one, whoever had it before: it stays
/// in its epoch. What the server says on it unasked (an overloaded one may refuse at once) is the
/// answer to the request that has it now.
///
/// # Race window
///
/// JavaScript claims while the reactor sees the server close, or send. If the reactor kills first,
/// the claim fails and the pool takes another connection. If the claim comes first, the reactor
/// still finds an epoch in which no byte of the new request has been written (`written_epoch`, on
/// its side): what arrived cannot be the answer, so the connection dies and the request fails as
/// it would have a moment later. Bytes read just before the claim carry the old epoch with them,
/// and JavaScript drops them.
#[derive(Debug, Default)]
pub struct Gate {
    word: AtomicU32,
    written: AtomicU64,
    intake: Mutex<Intake>,
}

/// What the reactor may do with bytes that wait on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// They belong to the exchange of this epoch.
    Allowed { epoch: u32 },
    /// Nobody asked for them: the connection must not be used again.
    Unsolicited,
}

impl Gate {
    /// Puts an active connection to rest, on which a request was sent where it is `used`. False
    /// when the reactor has seen it end.
    pub fn park(&self, used: bool) -> bool {
        let parked = if used { PARKED | USED } else { PARKED };
        self.advance(ACTIVE, |epoch| (epoch, parked))
    }

    /// Takes a parked connection for a new request. False when it died while parked.
    pub fn claim(&self) -> bool {
        self.advance(PARKED, |epoch| (epoch, ACTIVE))
            || self.advance(PARKED | USED, |epoch| (epoch + 1, ACTIVE))
    }

    /// Gives an active connection straight to the next request.
    pub fn pass_on(&self, used: bool) -> bool {
        self.advance(ACTIVE, |epoch| (epoch + u32::from(used), ACTIVE))
    }

    /// Whether the reactor has seen no end of it.
    pub fn is_alive(&self) -> bool {
        self.word.load(Ordering::Acquire) & DEAD == 0
    }

    /// Bytes that the kernel has taken for this connection so far.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// JavaScript has dealt with so many received bytes: a reader that waited for it goes on.
    pub fn take(&self, all: &ReadAhead, bytes: usize) {
        // Not woken under the lock: the reader, once it is awake, may take it at once.
        let waiting = lock(&self.intake).take(all, bytes);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Whether a reader may have to wait for the next `take`, and so nothing more may come before.
    pub fn may_hold_up(&self) -> bool {
        lock(&self.intake).may_hold_up()
    }

    /// JavaScript wants nothing more; the kernel's buffer then stops the server.
    pub fn pause(&self) {
        lock(&self.intake).pause();
    }

    /// JavaScript wants more. The reader has to be woken: see `Command::Resume`.
    pub fn resume(&self, all: &ReadAhead) {
        lock(&self.intake).resume(all);
    }

    /// Nothing of the connection is left.
    pub fn end(&self, all: &ReadAhead) {
        lock(&self.intake).end(all);
    }

    /// Whether to read now. Whoever must wait for JavaScript to take more is woken then.
    pub(super) fn demand(&self, all: &ReadAhead, waker: &Waker) -> Demand {
        lock(&self.intake).demand(all, waker)
    }

    pub(super) fn add_untaken(&self, all: &ReadAhead, bytes: usize) {
        lock(&self.intake).add(all, bytes);
    }

    pub(super) fn add_written(&self, bytes: usize) {
        self.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many that were added wait for the kernel again.
    #[cfg(target_os = "linux")]
    pub(super) fn take_back_written(&self, bytes: usize) {
        self.written.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// The connection has ended, or nobody may be given it again.
    pub(super) fn kill(&self) {
        self.word.fetch_or(DEAD, Ordering::AcqRel);
    }

    pub(super) fn epoch(&self) -> u32 {
        self.word.load(Ordering::Acquire) >> EPOCH_SHIFT
    }

    /// Asked before each read.
    pub(super) fn reading(&self, written_epoch: u32) -> Reading {
        let word = self.word.load(Ordering::Acquire);
        let epoch = word >> EPOCH_SHIFT;
        if word & STATE_MASK == PARKED || epoch != written_epoch {
            Reading::Unsolicited
        } else {
            Reading::Allowed { epoch }
        }
    }

    fn advance(&self, from: u32, next: impl Fn(u32) -> (u32, u32)) -> bool {
        let state = STATE_MASK | USED;
        self.word
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
                let (epoch, to) = next(word >> EPOCH_SHIFT);
                (word & state == from).then_some(epoch << EPOCH_SHIFT | to)
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests;
