//! What the pool keeps of origins, slots and waiters: the entries of its tables.

use super::lifetimes::Left;
use super::table::{Linked, Links, List};
use super::{Carrier, OriginId};

/// The list the pool keeps of empty origins.
#[derive(Debug)]
pub(super) struct Gone;

/// What the pool keeps of one origin.
#[derive(Debug, Default)]
pub(super) struct Origin {
    /// Opening, active and leaving slots, the one that joined first in front.
    pub(super) active: List<ByOrigin>,
    /// Idle slots, the one parked first in front.
    pub(super) idle: List<ByOrigin>,
    /// Waiters, the one that came first in front. Whoever has waiters has no idle slot.
    pub(super) waiters: List<Queue>,
    /// How many of the active slots were told to close.
    pub(super) leaving: u32,
    /// The key under which the origin is in `Pool::ready`, if it is.
    pub(super) ready: Option<u64>,
    /// Whether the origin is in `Pool::gone`.
    pub(super) gone: bool,
    links: Links,
}

impl Origin {
    /// Slots that count under the limit.
    pub(super) fn count(&self) -> u32 {
        self.active.len() + self.idle.len()
    }

    /// Slots that count and will stay.
    pub(super) fn staying(&self) -> u32 {
        self.count() - self.leaving
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0 && self.waiters.is_empty()
    }
}

impl Linked<Gone> for Origin {
    fn links(&self) -> &Links {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// Carries a slot whose connection is not ours: a stream that a program's own code made.
pub const FOREIGN: Carrier = u32::MAX;

/// The lists an origin keeps of its slots: active ones, idle ones.
#[derive(Debug)]
pub(super) struct ByOrigin;

/// The lists the pool keeps of slots: idle ones by age, those it has let go of.
#[derive(Debug)]
pub(super) struct ByAge;

/// The states that a slot goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Being connected. Counts fully, so that connects under way respect the limits.
    Opening,
    /// In use, or just free and still to be parked.
    Active { carrier: Carrier },
    /// In use no longer, told to close, and not yet removed. To the outside it is active.
    Leaving,
    /// Parked.
    Idle {
        carrier: Carrier,
        deadline: Option<u64>,
    },
    /// Let go of. Only its id is kept, so that nothing else gets it before the caller has heard.
    Dropped,
}

/// One connection's place.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) origin: OriginId,
    pub(super) state: State,
    pub(super) left: Left,
    by_origin: Links,
    by_age: Links,
}

impl Slot {
    pub(super) fn opening(origin: OriginId) -> Self {
        Self {
            origin,
            state: State::Opening,
            left: Left::default(),
            by_origin: Links::default(),
            by_age: Links::default(),
        }
    }
}

impl Linked<ByOrigin> for Slot {
    fn links(&self) -> &Links {
        &self.by_origin
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.by_origin
    }
}

impl Linked<ByAge> for Slot {
    fn links(&self) -> &Links {
        &self.by_age
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.by_age
    }
}

/// The queue an origin keeps of its waiters.
#[derive(Debug)]
pub(super) struct Queue;

/// The queue of all waiters of the pool.
#[derive(Debug)]
pub(super) struct Everyone;

/// One queued request.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) origin: OriginId,
    /// Its place among all waiters of the pool, ever.
    pub(super) arrival: u64,
    /// How often in a row a slot was handed to a younger waiter of another origin instead.
    pub(super) passes: u8,
    /// When it came.
    pub(super) since: u64,
    by_origin: Links,
    by_arrival: Links,
}

impl Waiter {
    pub(super) fn new(origin: OriginId, arrival: u64, since: u64) -> Self {
        Self {
            origin,
            arrival,
            passes: 0,
            since,
            by_origin: Links::default(),
            by_arrival: Links::default(),
        }
    }
}

impl Linked<Queue> for Waiter {
    fn links(&self) -> &Links {
        &self.by_origin
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.by_origin
    }
}

impl Linked<Everyone> for Waiter {
    fn links(&self) -> &Links {
        &self.by_arrival
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.by_arrival
    }
}
