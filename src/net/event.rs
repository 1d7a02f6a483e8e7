//! What the reactor reports to a port.

use std::net::SocketAddr;
use std::sync::Arc;

use super::errno::UNKNOWN_ERRNO;
use super::{Chunk, ConnId};
use crate::tls::{Facts, Failure as TlsFailure};

/// The system call that failed, as Node's errors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syscall {
    GetAddrInfo,
    Bind,
    Connect,
    Read,
    Write,
    Shutdown,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Ip(SocketAddr),
    /// A Unix socket's path.
    Path(String),
}

/// Why one address could not be connected.
#[derive(Clone, Debug)]
pub struct Failure {
    pub syscall: Syscall,
    /// libuv's number, or the `EAI_` code where `syscall` is `GetAddrInfo`.
    pub code: i32,
    pub endpoint: Option<Endpoint>,
    /// The near end, where the system refused at once: Node names it in such errors.
    pub local: Option<SocketAddr>,
}

impl Failure {
    /// A failure of our own making.
    pub(super) fn unknown(syscall: Syscall) -> Self {
        Self {
            syscall,
            code: UNKNOWN_ERRNO,
            endpoint: None,
            local: None,
        }
    }
}

/// What becomes of the addresses, for Node's 'connectionAttempt' events.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// The turn of an address behind the first has come. It is not tried before `Command::Dial`.
    Due(Endpoint),
    Failed(Failure),
}

/// An event of one connection. `ConnectFailed`, `TlsFailed`, `Failed`, `Panicked`, `Killed` and
/// `Closed` are the last: one of them comes, and nothing behind it. See the module's diagram.
#[derive(Debug)]
pub enum Event {
    /// The name was resolved to these addresses, in the resolver's order. None is tried before
    /// `Command::Dial`.
    Resolved {
        conn: ConnId,
        addresses: Vec<SocketAddr>,
    },
    Attempt {
        conn: ConnId,
        attempt: Attempt,
    },
    /// Over TLS nothing is sent or read before `Command::Proceed`.
    Connected {
        conn: ConnId,
        local: Option<Endpoint>,
        peer: Endpoint,
    },
    /// `several` when more than one address was there to be tried (Node's AggregateError).
    ConnectFailed {
        conn: ConnId,
        failures: Vec<Failure>,
        several: bool,
    },
    Data {
        conn: ConnId,
        epoch: u32,
        chunk: Chunk,
    },
    /// The TLS handshake has ended. Where the verdict is not `Trusted` nothing is sent on until
    /// `Command::Proceed`.
    Secured {
        conn: ConnId,
        facts: Arc<Facts>,
    },
    /// The server gave `count` sessions, all known by this id.
    Sessions {
        conn: ConnId,
        id: u64,
        count: u32,
    },
    /// The server of TLS 1.2 has asked for a new handshake.
    HelloRequest {
        conn: ConnId,
    },
    TlsFailed {
        conn: ConnId,
        failure: TlsFailure,
    },
    /// The server has sent all it will send.
    End {
        conn: ConnId,
    },
    Failed {
        conn: ConnId,
        syscall: Syscall,
        code: i32,
        /// Within a TLS handshake that the server has answered by nothing but alerts.
        refused: bool,
    },
    /// A fault of ours: the code that served the connection panicked.
    Panicked {
        conn: ConnId,
    },
    /// The connection was parked, or no request byte had been written, when it ended or spoke.
    Killed {
        conn: ConnId,
    },
    /// All writes up to the next `count` ones that asked for it were taken by the kernel.
    Written {
        conn: ConnId,
        count: u32,
    },
    /// The sending direction is closed.
    Shut {
        conn: ConnId,
    },
    /// The passage of `Command::Yield` has the connection, if the thread had it still. Not for
    /// JavaScript.
    Yielded {
        conn: ConnId,
    },
    /// As `Command::Close` wanted it.
    Closed {
        conn: ConnId,
    },
}

impl Event {
    /// The connection that it is of.
    pub fn conn(&self) -> ConnId {
        match self {
            Self::Resolved { conn, .. }
            | Self::Attempt { conn, .. }
            | Self::Connected { conn, .. }
            | Self::ConnectFailed { conn, .. }
            | Self::Data { conn, .. }
            | Self::Secured { conn, .. }
            | Self::Sessions { conn, .. }
            | Self::HelloRequest { conn }
            | Self::TlsFailed { conn, .. }
            | Self::End { conn }
            | Self::Failed { conn, .. }
            | Self::Panicked { conn }
            | Self::Killed { conn }
            | Self::Written { conn, .. }
            | Self::Shut { conn }
            | Self::Yielded { conn }
            | Self::Closed { conn } => *conn,
        }
    }

    /// Takes in the event that follows, where both are pieces of one thing: what is sent or taken
    /// in small pieces costs JavaScript no event for each. False where they are not.
    pub(super) fn join(&mut self, next: &Event) -> bool {
        match (self, next) {
            (
                Self::Data {
                    conn: this_conn,
                    epoch: this_epoch,
                    chunk: this,
                },
                Self::Data { conn, epoch, chunk },
            ) => (&*this_conn, &*this_epoch) == (conn, epoch) && this.join(*chunk),
            (
                Self::Written {
                    conn: this_conn,
                    count: this,
                },
                Self::Written { conn, count },
            ) if this_conn == conn => {
                *this += count;
                true
            }
            _ => false,
        }
    }

    /// Received bytes that it carries.
    pub(super) fn data_len(&self) -> usize {
        match self {
            Self::Data { chunk, .. } => chunk.len as usize,
            _ => 0,
        }
    }
}
