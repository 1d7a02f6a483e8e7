//! The crossing: what JavaScript calls, what calls JavaScript, and the memory both see.
//!
//! ```text
//!                JavaScript's thread                |            a reactor's thread
//!  commands (Int32Array) ─┐                          |
//!  slab (Uint8Array) ─────┴─ flush ── net::Carriers ─┼─ Batch ──> net::reactor
//!                                         │          |                │ Event
//!  batch (Int32Array) <────── take ───────┴── Outbox <────────────────┤
//!  slabs (Buffer[])   <────── take ── SlabTable <────┼────────────────┘ received bytes
//! ```
//!
//! JavaScript fills the command buffer and its slab during a tick and calls `flush` once, at the
//! tick's end.
//! The first event that comes while JavaScript is asleep uses the wakeup, which is the one
//! thread-safe function; JavaScript then takes events in batches until none are left. For the
//! connections that the event loop carries the `watcher` wakes it.
//!
//! An `Environment` is held by its `object::Bridge` and by the functions of that; the pools of its
//! agents stand beside it, each in its place as long as its `AgentPool` lives.
//!
//! The layout of the command buffer is in `command_buffer`, that of the batch in `records`;
//! `lib/bridge/` is the only other place that knows them.

mod agent_pool;
mod command_buffer;
mod connect_request;
mod copies;
mod detail;
mod environment;
mod functions;
mod ids;
mod inbound;
#[cfg(feature = "panic-injection")]
mod injection;
mod lent;
mod loaded;
mod object;
mod policy;
mod pools;
mod protocol;
mod records;
mod secure;
mod shown;
mod status;
mod told;
mod wakeup;
#[cfg(target_os = "linux")]
mod watcher;
