//! The command buffer: fixed records of four words, written by `lib/bridge/commands.js` during a
//! tick. The operations are those of `protocol`.
//!
//! ```text
//!   word 0      word 1   word 2            word 3
//!   operation   conn     start | argument  length | argument
//! ```

use std::sync::Arc;

use crate::net::{Command, ConnId, ConnTable, Gate, KeepAlive, Outbound, ReadAhead};

use super::protocol::{keep_alive, operation, words};

/// Words of a record.
pub(super) const RECORD_WORDS: usize = words::COMMAND_RECORD as usize;

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
                keep_alive: keep_alive_of(first as u32, second as u32),
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

fn keep_alive_of(first: u32, second: u32) -> KeepAlive {
    let idle = (1 << keep_alive::PROBES) - 1;
    KeepAlive {
        on: first & 1 != 0,
        idle_secs: second & idle,
        interval_secs: first >> keep_alive::INTERVAL,
        probes: second >> keep_alive::PROBES,
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
