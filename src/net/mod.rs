//! How bytes move: resolving, connecting, reading and writing.
//!
//! A connection (`conn`) is a state machine that one carrier drives at a time, with a `host` of the
//! carrier's for its events and its memory:
//!
//! - a reactor (`reactor`), one tokio `current_thread` runtime on a thread of its own. The JavaScript
//!   environments of the process are its ports: a port sends `Batch`es of `Command`s in, and `Event`s
//!   come back through its `Outbox`;
//! - the event loop of an environment (`loop_carrier`), on JavaScript's own thread. With several
//!   exchanges under way a thread of its own sends what it writes (`writer`).
//!
//! `carriers` knows who has which, and takes all that JavaScript wants to the right one. A
//! connection is known by its id, from the `Connect` that opens it to its last event, which is one
//! of those below the line: nothing is left of it then.
//!
//! ```text
//!   Connect ── Connecting ──> Connected [─> Secured] ── Data* ──> End
//!                   │             │             │          │       │
//!   ────────────────┼─────────────┼─────────────┼──────────┼───────┼──────────────────────────
//!                   │             └─ TlsFailed ─┘          └───────┴─> Failed | Killed
//!                   └──> ConnectFailed             from any state: Panicked, or Closed after Close
//! ```
//!
//! What Node has connected itself (`Made`) is served from its `Connect` on, without `Connected`.
//!
//! Nothing goes out before JavaScript has let its program speak: while it connects, `Resolved` and
//! each `Attempt::Due` wait for a `Dial`; over TLS, `Connected` waits for a `Proceed`.
//!
//! `Secured` comes over TLS alone, whose state is in `secure` and whose rules are in `crate::tls`.
//!
//! This module knows nothing of Node-API: memory that JavaScript will see is reached through
//! `Inbound` and `Outbound`, which the bridge implements.

#[macro_use]
mod injection;

#[cfg(unix)]
mod ask;
#[cfg(target_os = "linux")]
mod bare;
mod burst;
mod carrier_policy;
mod carriers;
mod caught;
mod command;
mod conn;
mod conn_table;
mod connect;
mod errno;
mod event;
mod gate;
mod host;
#[cfg(target_os = "linux")]
mod loop_carrier;
#[cfg(not(target_os = "linux"))]
#[path = "loop_carrier/absent.rs"]
mod loop_carrier;
mod made;
mod memory;
mod options;
mod outbox;
mod parcel;
mod reactor;
mod read_ahead;
mod resolve;
mod scheduling;
mod secure;
mod segments;
mod stream;
#[cfg(test)]
mod tests;
mod turn;
mod unix;
#[cfg(target_os = "linux")]
mod writer;

pub use carrier_policy::{Carrier, Mode};
pub use carriers::Carriers;
pub use command::{Command, ConnId};
pub use conn_table::{BLOCK_IDS, ConnTable};
pub use connect::{Connect, Target};
pub use event::{Attempt, Endpoint, Event, Failure, Syscall};
pub use gate::Gate;
#[cfg(feature = "panic-injection")]
pub use injection::arm as arm_panic;
pub use loop_carrier::LoopCarrier;
pub use made::Made;
pub use memory::{Chunk, Inbound, Outbound};
pub use options::{KeepAlive, SocketOptions};
pub use outbox::Outbox;
pub use parcel::{Parcel, Passage};
pub use reactor::reactors;
pub use read_ahead::ReadAhead;
pub use resolve::{Order, Query};
pub use unix::UnixTarget;
