//! One connection's place, and the states it goes through.

use super::lifetimes::Left;
use super::table::{Linked, Links};
use super::{Carrier, OriginId};

/// Carries a slot whose connection is not ours: a stream that a program's own code made.
pub const FOREIGN: Carrier = u32::MAX;

/// The lists an origin keeps of its slots: active ones, idle ones.
#[derive(Debug)]
pub(super) struct ByOrigin;

/// The lists the pool keeps of slots: idle ones by age, those it has let go of.
#[derive(Debug)]
pub(super) struct ByAge;

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
