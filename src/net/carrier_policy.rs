//! Who should carry a connection: the event loop, or an I/O thread.
//!
//! The event loop answers a small exchange soonest, as nothing is handed over. A thread is for what
//! would keep JavaScript waiting: connects, handshakes and bulk; and it takes over when the event
//! loop finds so many answers at each look that it is at its limit: then the system calls beside it
//! are what it gains. Pure: no clock, no I/O.

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

/// Events at a look, in the mean, from which on the threads carry what is small too. GETs over
/// keep-alive, N of them under way all the time, make N / 2 events a look. Both carriers are as fast
/// with 32 of them, over HTTP and over HTTPS; with 64 the thread is ahead by a fifth.
const BUSY_EVENTS: u32 = 22;

/// Events at a look under which the event loop takes over again. A thread makes as many as there
/// are GETs under way, up to some 16, and with 10 of them the event loop is ahead by a half.
const CALM_EVENTS: u32 = 12;

/// Events at a look, in the mean, from which on the writer sends for the event loop.
const ASIDE_EVENTS: u32 = 4;

/// Events at a look under which the event loop sends by itself again.
const ALONE_EVENTS: u32 = 2;

/// The mean is one of about so many looks: some 20 ms of a busy program, so that a burst moves
/// nothing.
const LOOKS: u32 = 32;

/// The mean is kept in parts of an event.
const PARTS: u32 = 1 << 10;

/// More at one look count as so many.
const EVENTS_MAX: u32 = 1 << 10;

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
    /// Events at a look, in `PARTS`.
    mean: u32,
    is_busy: bool,
    writes_aside: bool,
}

impl CarrierPolicy {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            mean: 0,
            is_busy: false,
            writes_aside: false,
        }
    }

    /// JavaScript has looked for events, and found so many.
    pub(super) fn looked(&mut self, events: usize) {
        let events = u32::try_from(events).unwrap_or(EVENTS_MAX).min(EVENTS_MAX);
        self.mean = self.mean - self.mean / LOOKS + events * (PARTS / LOOKS);
        if self.mean >= BUSY_EVENTS * PARTS {
            self.is_busy = true;
        } else if self.mean < CALM_EVENTS * PARTS {
            self.is_busy = false;
        }
        if self.mean >= ASIDE_EVENTS * PARTS {
            self.writes_aside = true;
        } else if self.mean < ALONE_EVENTS * PARTS {
            self.writes_aside = false;
        }
    }

    /// Whether the writer sends what is written on the event loop's connections.
    pub(super) fn writes_aside(&self) -> bool {
        self.writes_aside
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
            Mode::Auto if self.is_busy => Carrier::Thread,
            _ => self.within(traffic),
        }
    }
}

#[cfg(test)]
mod tests;
