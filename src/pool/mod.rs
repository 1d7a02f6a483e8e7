//! WHO gets a connection: the pool as a pure state machine.
//!
//! It opens nothing, reads no clock and calls nobody back. Every decision is a function call, with
//! the time passed in as milliseconds since any fixed moment, so all of it is tested without Node
//! and without a network.
//!
//! # Words
//!
//! | Node's `http.Agent`                   | here                                                |
//! |---------------------------------------|-----------------------------------------------------|
//! | the string `agent.getName()` returns  | an ORIGIN ([`OriginId`])                            |
//! | a socket, pending or connected        | a SLOT ([`SlotId`]), carried by a [`Carrier`]       |
//! | a request in `agent.requests`         | a WAITER ([`WaiterId`])                             |
//! | `agent.sockets[name]`                 | [`Pool::active`]: slots that are opening or active  |
//! | `agent.freeSockets[name]`             | [`Pool::idle`]                                      |
//! | `agent.requests[name]`                | [`Pool::waiters`]                                   |
//! | `agent.totalSocketCount`              | [`Pool::total`]                                     |
//! | `maxSockets`                          | [`Limits::per_origin`]                              |
//! | `maxTotalSockets`                     | [`Limits::total`]                                   |
//! | `maxFreeSockets`                      | [`Limits::free_per_origin`]                         |
//! | `scheduling`                          | [`Scheduling`]                                      |
//! | (none)                                | [`Limits::waiters`], [`Lifetimes`]                  |
//! | `addRequest`                          | [`Pool::checkout`]                                  |
//! | `createSocket` called by a program    | [`Pool::open`], then [`Pool::attach`]               |
//! | the 'free' event                      | [`Pool::checkin`]                                   |
//! | `keepSocketAlive` returned true       | [`Pool::park`]                                      |
//! | a program moves a free socket         | [`Pool::take`]                                      |
//! | 'close', 'agentRemove'                | [`Pool::remove`]                                    |
//! | a queued request is destroyed         | [`Pool::cancel`]                                    |
//! | 'timeout' of a free socket            | [`Pool::expire`]                                    |
//! | (none)                                | [`Pool::poll_late`], [`Pool::retire`]               |
//!
//! To *expire* is to leave by age, to *evict* is to leave so that another origin may open.
//!
//! # Kinds of methods and their order
//!
//! - Inputs tell the pool what happened: `origin`, `checkout`, `open`, `attach`, `checkin`, `park`,
//!   `take`, `remove`, `retire`, `cancel`, `expire`, `set_limits`, `set_lifetimes`,
//!   `set_scheduling`. Some answer at once.
//! - Outputs tell the caller what to do: `poll_open`, `poll_drop`, `poll_gone`. After every input,
//!   poll until [`Pool::has_outputs`] is false. A `poll_open` may make room by letting go of a slot
//!   and a drop may empty an origin, so drain opens, then drops, then origins. `poll_late` is asked
//!   first, and only when time has passed.
//! - Views change nothing: `total`, `waiting`, `counts`, `active`, `idle`, `waiters`, `would_serve`,
//!   `left`, `deadline`, `due`, `next_deadline`.
//!
//! ```text
//!  checkout ─ Open ──► OPENING ──attach──► ACTIVE ◄─── checkout, take ────┐
//!  open ─────────────►    │                │ │ │                          │
//!  poll_open ────────►    │                │ │ └─checkin: Park──park──► IDLE
//!                      remove         remove └─checkin: Serve, as it is   │
//!                         ▼                ▼                       remove │ poll_drop
//!                       (gone)          (gone) ◄──────────────────────────┘
//! ```
//!
//! # Ids
//!
//! Ids are small integers and are used again. A waiter's is free once it was served, opened, late
//! or cancelled, a slot's once it was removed or came out of `poll_drop`, an origin's once it came
//! out of `poll_gone`. An id the pool does not know never panics: the answer is `None`, `false`, an
//! empty view, or [`Checkin::Close`].
//!
//! # Cost
//!
//! Inputs and outputs are O(1), or O(log n) where time orders, whatever the number of slots,
//! waiters and origins; where a call lets go of several idle slots, it pays once for each.
//! `set_limits` alone visits every origin, and only when a limit per origin has changed.

mod checkin;
mod checkout;
mod entries;
mod lifetimes;
mod limits;
mod outputs;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::entries::{ByAge, Everyone, Gone, Origin, Slot, Waiter};
use self::lifetimes::Jitter;
use self::table::{List, Table};

pub use self::checkin::{Checkin, MAX_PASSES};
pub use self::checkout::Checkout;
pub use self::entries::FOREIGN;
pub use self::lifetimes::{Left, Lifetimes};
pub use self::limits::Limits;

/// One destination together with the options that keep its connections apart from others.
pub type OriginId = u32;

/// One connection's place in the pool, from the decision to open it until it is gone.
pub type SlotId = u32;

/// One request that waits for a slot.
pub type WaiterId = u32;

/// What carries a slot: the id of a connection of ours, or [`FOREIGN`].
pub type Carrier = u32;

/// Which idle slot of an origin is reused first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduling {
    /// The one parked last: few connections stay warm, the rest grow old and expire.
    Lifo,
    /// The one parked first: the load goes round all connections.
    Fifo,
}

/// Decides which request gets which connection. See the [module](self) for words and call order.
#[derive(Debug)]
pub struct Pool {
    limits: Limits,
    lifetimes: Lifetimes,
    jitter: Jitter,
    scheduling: Scheduling,

    origins: Table<Origin>,
    slots: Table<Slot>,
    waiters: Table<Waiter>,

    /// Slots that are opening, active or idle. `slots` also holds those still to be polled.
    total: u32,
    /// Of those, the active ones that were told to close and are still to be removed.
    leaving: u32,
    /// How many waiters have ever queued: the order in which they came.
    arrivals: u64,

    /// Idle slots of all origins, least recently parked first.
    idle: List<ByAge>,
    /// Idle slots that have a deadline.
    deadlines: BTreeSet<(u64, SlotId)>,
    /// Origins that have waiters and are below their own limit, so that nothing but the total can
    /// hold them back, by the arrival of their first waiter.
    ready: BTreeSet<(u64, OriginId)>,
    /// Waiters of all origins, the one that came first in front.
    queue: List<Everyone>,

    /// Slots let go of, for `poll_drop`.
    dropped: List<ByAge>,
    /// Origins that are empty, for `poll_gone`.
    gone: List<Gone>,
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub fn new(limits: Limits, scheduling: Scheduling) -> Self {
        Self {
            limits,
            lifetimes: Lifetimes::default(),
            jitter: Jitter::default(),
            scheduling,
            origins: Table::default(),
            slots: Table::default(),
            waiters: Table::default(),
            total: 0,
            leaving: 0,
            arrivals: 0,
            idle: List::default(),
            deadlines: BTreeSet::new(),
            ready: BTreeSet::new(),
            queue: List::default(),
            dropped: List::default(),
            gone: List::default(),
        }
    }

    /// Input: the order in which idle slots are reused from now on.
    pub fn set_scheduling(&mut self, scheduling: Scheduling) {
        self.scheduling = scheduling;
    }
}

/// What can be seen from outside. Unknown origins look empty.
impl Pool {
    /// View: how many slots are opening, active or idle.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.total
    }

    /// View: the origin's opening and active slots, in the order in which they became that.
    pub fn active(&self, origin: OriginId) -> impl Iterator<Item = SlotId> {
        let held = self.origins.get(origin).into_iter();
        held.flat_map(|held| held.active.iter(&self.slots))
    }

    /// View: the origin's idle slots, in the order in which they were parked.
    pub fn idle(&self, origin: OriginId) -> impl Iterator<Item = SlotId> {
        let held = self.origins.get(origin).into_iter();
        held.flat_map(|held| held.idle.iter(&self.slots))
    }

    /// View: whether somebody waits for this active slot's origin.
    #[must_use]
    pub fn would_serve(&self, slot: SlotId) -> bool {
        self.slots
            .get(slot)
            .is_some_and(|held| self.first_waiter(held.origin).is_some())
    }

    /// View: the origin's waiters, in the order in which they came.
    pub fn waiters(&self, origin: OriginId) -> impl Iterator<Item = WaiterId> {
        let held = self.origins.get(origin).into_iter();
        held.flat_map(|held| held.waiters.iter(&self.waiters))
    }

    /// View: how many slots of the origin are opening or active, how many are idle, and how many
    /// waiters it has.
    #[must_use]
    pub fn counts(&self, origin: OriginId) -> (u32, u32, u32) {
        match self.origins.get(origin) {
            Some(held) => (held.active.len(), held.idle.len(), held.waiters.len()),
            None => (0, 0, 0),
        }
    }

    /// View: it is `now`, and these idle slots are what [`expire`](Self::expire) would let go of.
    pub fn due(&self, now: u64) -> impl Iterator<Item = SlotId> {
        let due = self.deadlines.range(..(now.saturating_add(1), 0));
        due.map(|&(_, slot)| slot)
    }

    /// View: when [`expire`](Self::expire) or [`poll_late`](Self::poll_late) has something to do
    /// next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        let idle = self.deadlines.first().map(|&(deadline, _)| deadline);
        [idle, self.waits_until()].into_iter().flatten().min()
    }

    /// View: when the waiter that came first has waited as long as it may.
    fn waits_until(&self) -> Option<u64> {
        let first = self.waiters.get(self.queue.front()?)?;
        Some(first.since.saturating_add(self.lifetimes.wait?))
    }

    /// View: how many requests wait.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.queue.len()
    }
}
