//! The command ring: fixed records of four words, written by `lib/bridge/commands.js` during a
//! tick.
//!
//! ```text
//!   word 0      word 1   word 2            word 3
//!   operation   conn     start | argument  length | argument
//! ```

use std::sync::Arc;

use crate::net::{Command, ConnId, ConnTable, Gate, KeepAlive, Outbound, ReadAhead};

/// Words of a record.
pub(super) const RECORD_WORDS: usize = 4;

mod operation {
    pub const WRITE: i32 = 1;
    pub const WRITE_ACKNOWLEDGED: i32 = 2;
    pub const WRITE_LARGE: i32 = 3;
    pub const WRITE_LARGE_ACKNOWLEDGED: i32 = 4;
    pub const SHUTDOWN: i32 = 5;
    pub const PAUSE: i32 = 6;
    pub const RESUME: i32 = 7;
    pub const NO_DELAY: i32 = 8;
    pub const KEEP_ALIVE: i32 = 9;
    pub const TYPE_OF_SERVICE: i32 = 10;
    pub const CLOSE: i32 = 11;
    pub const RESET: i32 = 12;
    pub const PROCEED: i32 = 13;
    pub const DIAL: i32 = 14;
}

/// What a record needs besides its own words.
pub(super) struct Decoder<'a> {
    pub gates: &'a Gates,
    pub ahead: &'a ReadAhead,
    /// Bytes in the slab of this flush.
    pub bytes: usize,
    /// Large writes of this tick, in the order of their records.
    pub large: &'a mut dyn Iterator<Item = Box<dyn Outbound>>,
}

impl Decoder<'_> {
    /// The command of a record, or None where no reactor need hear of it, or it makes no sense.
    pub(super) fn decode(&mut self, record: &[i32]) -> Option<Command> {
        let &[operation, conn, first, second] = record else {
            return None;
        };
        let conn = ConnId::try_from(conn).ok()?;
        Some(match operation {
            operation::WRITE | operation::WRITE_ACKNOWLEDGED => {
                let start = usize::try_from(first).ok()?;
                let end = start.checked_add(usize::try_from(second).ok()?)?;
                if end > self.bytes {
                    return None;
                }
                let acknowledge = operation == operation::WRITE_ACKNOWLEDGED;
                Command::Write {
                    conn,
                    range: start..end,
                    acknowledge,
                }
            }
            operation::WRITE_LARGE | operation::WRITE_LARGE_ACKNOWLEDGED => {
                let large = self.large.next()?;
                let acknowledge = operation == operation::WRITE_LARGE_ACKNOWLEDGED;
                Command::WriteLarge {
                    conn,
                    large,
                    acknowledge,
                }
            }
            operation::SHUTDOWN => Command::Shutdown { conn },
            operation::PAUSE => {
                // Before the reactor learns that JavaScript has dealt with what it has.
                self.gates.get(conn)?.pause();
                return None;
            }
            operation::RESUME => {
                self.gates.get(conn)?.resume(self.ahead);
                Command::Resume { conn }
            }
            operation::NO_DELAY => Command::NoDelay {
                conn,
                on: first != 0,
            },
            operation::KEEP_ALIVE => Command::KeepAlive {
                conn,
                keep_alive: keep_alive(first as u32, second as u32),
            },
            operation::TYPE_OF_SERVICE => Command::TypeOfService {
                conn,
                value: u32::try_from(first).ok()?,
            },
            operation::CLOSE => Command::Close { conn, reset: false },
            operation::PROCEED => Command::Proceed { conn },
            operation::DIAL => Command::Dial { conn },
            operation::RESET => Command::Close { conn, reset: true },
            _ => return None,
        })
    }
}

/// `on | interval << 1` and `idle | probes << 16`.
fn keep_alive(first: u32, second: u32) -> KeepAlive {
    KeepAlive {
        on: first & 1 != 0,
        idle_secs: second & 0xffff,
        interval_secs: first >> 1,
        probes: second >> 16,
    }
}

/// The gates of an environment's connections, by id.
#[derive(Default)]
pub(super) struct Gates(ConnTable<Arc<Gate>>);

impl Gates {
    /// A new gate for a connection that will begin.
    pub(super) fn open(&mut self, conn: ConnId) {
        self.0.insert(conn, Arc::default());
    }

    /// Nothing of the connection is left. None where it was not open.
    pub(super) fn close(&mut self, conn: ConnId) -> Option<Arc<Gate>> {
        self.0.remove(conn)
    }

    pub(super) fn get(&self, conn: ConnId) -> Option<&Arc<Gate>> {
        self.0.get(conn)
    }
}

#[cfg(test)]
mod tests;
