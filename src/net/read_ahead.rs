//! How far connections are read ahead of whoever takes their bytes.
//!
//! What is read and not taken is memory, and a program may keep hundreds of answers that it does
//! not read. So a connection is read on while JavaScript has less than `LEAST_BYTES` of it to look
//! at; then its next read waits until JavaScript has dealt with what there is, and still wants
//! more: of a connection that is paused then, nothing is on the way. A reader that has taken
//! `TRUSTED_BYTES` gets a window: the next reads are done meanwhile. What is read so counts against
//! one allowance of its environment, and does so for as long as the reader is paused: in total it
//! is bounded, and where those who do not read have used it up, the others are read on as at first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

use super::memory::CHUNK_BYTES_MAX;

/// So much may be on its way to JavaScript before a connection is read no further: more than a
/// small answer, so that most never wait, and less than a single read may bring.
pub(super) const LEAST_BYTES: usize = 16 << 10;

/// What is read at once for a reader that may pause at its first bytes.
const FIRST_READ_BYTES: usize = 32 << 10;

/// A window: eight of the largest reads. One is looked at, one is being filled, and the rest
/// outlasts the moment in which one of the two threads is interrupted.
const WINDOW_BYTES: usize = 512 << 10;

/// Who has taken so many bytes is a reader: a response and its socket hold no more by themselves
/// before they are paused, unless the program says otherwise.
const TRUSTED_BYTES: usize = 128 << 10;

/// What each pause takes of a reader's trust: one that takes a read's worth between two of them, as
/// a pipe into a file does, keeps its window.
const PAUSE_BYTES: usize = FIRST_READ_BYTES;

/// The most trust there is, so that many pauses in which little is taken end it.
const TRUST_MAX: usize = 2 * TRUSTED_BYTES;

/// What an environment's connections may have read ahead in their windows, all together.
const ALLOWANCE_BYTES: usize = 4 << 20;

/// The allowance of one environment: how much of it is used.
#[derive(Debug, Default)]
pub struct ReadAhead(AtomicUsize);

impl ReadAhead {
    fn is_left(&self) -> bool {
        self.0.load(Ordering::Relaxed) < ALLOWANCE_BYTES
    }
}

/// Whether a connection is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// No more than so many bytes at once.
    Now(usize),
    /// When JavaScript has dealt with what it has.
    Later,
    Paused,
}

/// One connection's part.
#[derive(Debug, Default)]
pub(super) struct Intake {
    is_paused: bool,
    /// Received bytes that JavaScript has not dealt with.
    untaken: usize,
    /// Bytes taken, up to `TRUST_MAX`, less `PAUSE_BYTES` for each pause.
    trust: usize,
    /// Bytes that count against the allowance.
    ahead: usize,
    /// Who waits until more is taken.
    reader: Option<Waker>,
}

impl Intake {
    /// Asked before each read. Whoever must wait is woken when more is taken.
    pub(super) fn demand(&mut self, all: &ReadAhead, waker: &Waker) -> Demand {
        if self.is_paused {
            return Demand::Paused;
        }
        let is_trusted = self.is_trusted();
        let window = self.window(all);
        if self.untaken < window {
            return Demand::Now(if is_trusted {
                CHUNK_BYTES_MAX
            } else {
                FIRST_READ_BYTES
            });
        }
        self.reader = Some(waker.clone());
        Demand::Later
    }

    pub(super) fn add(&mut self, all: &ReadAhead, bytes: usize) {
        if self.untaken >= LEAST_BYTES {
            self.ahead += bytes;
            all.0.fetch_add(bytes, Ordering::Relaxed);
        }
        self.untaken += bytes;
    }

    /// Whether nothing more may come until JavaScript has said that it has dealt with all. A reader
    /// that waits already may wait for less than what makes one wait.
    pub(super) fn may_hold_up(&self) -> bool {
        self.reader.is_some() || self.untaken >= LEAST_BYTES
    }

    /// JavaScript has dealt with so many bytes. Returns who is to be woken.
    pub(super) fn take(&mut self, all: &ReadAhead, bytes: usize) -> Option<Waker> {
        self.untaken = self.untaken.saturating_sub(bytes);
        // What a paused reader was given is memory still.
        if !self.is_paused {
            self.trust = (self.trust + bytes).min(TRUST_MAX);
            self.give_back(all, self.untaken);
        }
        // A window is filled again when half of it is taken: not each read has its wake-up.
        if self.untaken > self.window(all) / 2 {
            return None;
        }
        self.reader.take()
    }

    pub(super) fn pause(&mut self) {
        self.is_paused = true;
        self.trust = self.trust.saturating_sub(PAUSE_BYTES);
    }

    pub(super) fn resume(&mut self, all: &ReadAhead) {
        self.is_paused = false;
        self.give_back(all, self.untaken);
    }

    /// The connection is gone, and with it what was read.
    pub(super) fn end(&mut self, all: &ReadAhead) {
        self.give_back(all, 0);
    }

    fn is_trusted(&self) -> bool {
        self.trust >= TRUSTED_BYTES
    }

    fn window(&self, all: &ReadAhead) -> usize {
        if self.is_trusted() && all.is_left() {
            WINDOW_BYTES
        } else {
            LEAST_BYTES
        }
    }

    /// Counts no more than `rest` against the allowance.
    fn give_back(&mut self, all: &ReadAhead, rest: usize) {
        let freed = self.ahead.saturating_sub(rest);
        self.ahead -= freed;
        all.0.fetch_sub(freed, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
