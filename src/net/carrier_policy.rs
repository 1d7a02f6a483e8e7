//! Who should carry a connection, the event loop or an I/O thread, and who should send what the
//! event loop writes.
//!
//! The event loop answers a small exchange soonest, as nothing is handed over. With several
//! exchanges under way it does so sooner still where the writer sends, beside it. A thread is for
//! what would keep JavaScript waiting: connects, handshakes and bulk; and for hundreds at once.
//! Pure: no clock, no I/O.

use std::time::{Duration, Instant};

/// What the program wants, by `OXAGENT_IO`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Whoever suits.
    #[default]
    Auto,
    /// The threads carry all.
    Thread,
    /// The event loop carries all that is connected, whatever it is.
    Loop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Thread,
    EventLoop,
}

/// Bytes of an exchange, both ways, from which on it is bulk: what Node reads at once.
const BULK_BYTES: usize = 64 << 10;

/// Exchanges under way from which on the threads carry what is small too. With 300 the event loop
/// and the writer are ahead by a seventh; with 1,000 the rates are equal, and the slowest of the
/// event loop's answers take longer.
const MANY: usize = 512;

/// Exchanges under way under which the event loop carries again.
const FEWER: usize = 256;

/// Exchanges under way from which on the writer sends for the event loop. With 4 it is behind by a
/// sixth over HTTP, as each `send` would be done before the next answer is here; with 8 it is ahead
/// by a tenth, with 32 by a quarter.
const SEVERAL: usize = 6;

/// Exchanges under way under which the event loop sends by itself again.
const FEW: usize = 5;

/// The writer is for a busy program alone: one that has an event in such a time, in the mean. Else it
/// would sleep between two writes, and waking it costs as much as a write.
const BUSY_PERIOD: Duration = Duration::from_micros(100);

/// The mean is one of so many events,
const BUSY_EVENTS: usize = 64;

/// or of those in such a time.
const BUSY_TIME: Duration = BUSY_PERIOD.saturating_mul(BUSY_EVENTS as u32);

/// The exchange of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    bytes: usize,
}

impl Traffic {
    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

#[derive(Debug)]
pub(super) struct CarrierPolicy {
    mode: Mode,
    /// The events since then.
    since: Instant,
    events: usize,
    is_busy: bool,
    /// Whether many exchanges are under way.
    are_many: bool,
    /// Whether several are.
    are_several: bool,
}

impl CarrierPolicy {
    pub(super) fn new(mode: Mode, now: Instant) -> Self {
        Self {
            mode,
            since: now,
            events: 0,
            is_busy: false,
            are_many: false,
            are_several: false,
        }
    }

    /// JavaScript has looked for events, and found so many, with so many exchanges under way.
    pub(super) fn looked(&mut self, events: usize, under_way: usize, now: Instant) {
        self.events = self.events.saturating_add(events);
        let elapsed = now.saturating_duration_since(self.since);
        if self.events >= BUSY_EVENTS || elapsed > BUSY_TIME {
            let events = u32::try_from(self.events).unwrap_or(u32::MAX);
            self.is_busy = elapsed <= BUSY_PERIOD.saturating_mul(events);
            self.since = now;
            self.events = 0;
        }
        self.are_many = under_way >= if self.are_many { FEWER } else { MANY };
        self.are_several = under_way >= if self.are_several { FEW } else { SEVERAL };
    }

    /// Whether the writer sends what is written on the event loop's connections.
    pub(super) fn writes_aside(&self) -> bool {
        self.is_busy && self.are_several
    }

    /// For a connection of the event loop, within an exchange.
    pub(super) fn within(&self, traffic: &Traffic) -> Carrier {
        match self.mode {
            Mode::Thread => Carrier::Thread,
            Mode::Loop => Carrier::EventLoop,
            Mode::Auto if traffic.bytes > BULK_BYTES => Carrier::Thread,
            Mode::Auto => Carrier::EventLoop,
        }
    }

    /// For any connection, after an exchange. One of bulk is likely to be followed by another.
    pub(super) fn between(&self, traffic: &Traffic) -> Carrier {
        match self.mode {
            Mode::Auto if self.is_busy && self.are_many => Carrier::Thread,
            _ => self.within(traffic),
        }
    }
}

#[cfg(test)]
mod tests;
