//! Who should carry a connection: the event loop, or an I/O thread.
//!
//! The event loop answers a small exchange soonest, as nothing is handed over. A thread is for what
//! would keep JavaScript waiting: connects, handshakes and bulk. Pure: no clock, no I/O.

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

/// Bytes of an exchange, both ways, from which on it is bulk.
const BULK_BYTES: usize = 64 << 10;

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

pub(super) struct CarrierPolicy {
    mode: Mode,
}

impl CarrierPolicy {
    pub(super) fn new(mode: Mode) -> Self {
        Self { mode }
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

    /// After an exchange. One of bulk is likely to be followed by another.
    pub(super) fn between(&self, traffic: &Traffic) -> Carrier {
        self.within(traffic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(bytes: usize) -> Traffic {
        Traffic { bytes }
    }

    #[test]
    fn bulk_is_the_threads() {
        let policy = CarrierPolicy::new(Mode::Auto);
        assert_eq!(policy.within(&traffic(0)), Carrier::EventLoop);
        assert_eq!(policy.within(&traffic(BULK_BYTES)), Carrier::EventLoop);
        assert_eq!(policy.within(&traffic(BULK_BYTES + 1)), Carrier::Thread);
    }

    #[test]
    fn one_carrier_alone_keeps_all() {
        for bytes in [0, usize::MAX] {
            let thread = CarrierPolicy::new(Mode::Thread);
            assert_eq!(thread.within(&traffic(bytes)), Carrier::Thread);
            assert_eq!(thread.between(&traffic(bytes)), Carrier::Thread);
            let event_loop = CarrierPolicy::new(Mode::Loop);
            assert_eq!(event_loop.within(&traffic(bytes)), Carrier::EventLoop);
            assert_eq!(event_loop.between(&traffic(bytes)), Carrier::EventLoop);
        }
    }
}
