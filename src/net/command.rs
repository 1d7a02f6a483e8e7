//! What a port asks of the reactor.

use std::ops::Range;
use std::sync::Arc;

use super::{Connect, KeepAlive, Outbound, Parcel, Passage};

/// A connection. Chosen by the port, unique in the process, free again after its last event.
pub type ConnId = u32;

/// One order for one connection.
pub enum Command {
    Connect {
        conn: ConnId,
        connect: Box<Connect>,
    },
    /// Writes `range` of the batch's bytes.
    Write {
        conn: ConnId,
        range: Range<usize>,
        acknowledge: bool,
    },
    /// Writes memory of its own.
    WriteLarge {
        conn: ConnId,
        large: Box<dyn Outbound>,
        acknowledge: bool,
    },
    /// JavaScript has told of the address that `Event::Resolved` or `Event::Attempt` was about, and
    /// nobody objects: it may be tried.
    Dial {
        conn: ConnId,
    },
    /// The handshake may begin, as nobody objects to the connection; or its last flight may leave,
    /// as the server's certificates are accepted.
    Proceed {
        conn: ConnId,
    },
    /// Closes the sending direction once everything before it is written.
    Shutdown {
        conn: ConnId,
    },
    /// Reads on, behind a gate that allows it again.
    Resume {
        conn: ConnId,
    },
    NoDelay {
        conn: ConnId,
        on: bool,
    },
    KeepAlive {
        conn: ConnId,
        keep_alive: KeepAlive,
    },
    TypeOfService {
        conn: ConnId,
        value: u32,
    },
    /// Gives the connection to the event loop, which `Event::Yielded` tells.
    Yield {
        conn: ConnId,
        passage: Arc<Passage>,
    },
    /// Takes a connection from the event loop.
    Adopt {
        conn: ConnId,
        parcel: Parcel,
    },
    /// Drops what is unwritten and closes. With `reset` the server sees a RST. A connection that is
    /// over already has told so, and nothing more is told of it.
    Close {
        conn: ConnId,
        reset: bool,
    },
}

impl Command {
    pub(super) fn conn(&self) -> ConnId {
        match self {
            Self::Connect { conn, .. }
            | Self::Write { conn, .. }
            | Self::WriteLarge { conn, .. }
            | Self::Dial { conn }
            | Self::Proceed { conn }
            | Self::Shutdown { conn }
            | Self::Resume { conn }
            | Self::NoDelay { conn, .. }
            | Self::KeepAlive { conn, .. }
            | Self::TypeOfService { conn, .. }
            | Self::Yield { conn, .. }
            | Self::Adopt { conn, .. }
            | Self::Close { conn, .. } => *conn,
        }
    }

    /// Bytes that it writes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Write { range, .. } => range.len(),
            Self::WriteLarge { large, .. } => large.bytes().len(),
            _ => 0,
        }
    }

    /// Whether JavaScript waits to hear that the kernel has taken a large write.
    pub(super) fn tells_of_large(&self) -> bool {
        matches!(
            self,
            Self::WriteLarge {
                acknowledge: true,
                ..
            }
        )
    }
}

/// All that a port asked for in one turn of its event loop.
pub struct Batch {
    pub commands: Vec<Command>,
    /// What the `Write`s refer to.
    pub bytes: Arc<Vec<u8>>,
}
