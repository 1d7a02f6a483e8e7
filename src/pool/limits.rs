//! How many slots there may be, and what happens when that changes.

use super::entries::Origin;
use super::{OriginId, Pool};

/// Upper bounds. `u32::MAX` is no bound; with 0 nothing can open (or, for idle slots, be parked).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Opening, active and idle slots of one origin.
    pub per_origin: u32,
    /// Opening, active and idle slots of all origins.
    pub total: u32,
    /// Idle slots of one origin.
    pub free_per_origin: u32,
    /// Waiters of all origins.
    pub waiters: u32,
}

impl Limits {
    /// Whether an origin has to lose an idle slot.
    fn exceeded_by(&self, origin: &Origin) -> bool {
        origin.idle.len() > self.free_per_origin || origin.staying() > self.per_origin
    }
}

impl Pool {
    /// Input: new limits, obeyed at once. Where they are higher, waiters may open. Where they are
    /// lower, idle slots are let go of, oldest first; slots in use stay until they are free, and
    /// waiters until they are served.
    pub fn set_limits(&mut self, limits: Limits) {
        let old = std::mem::replace(&mut self.limits, limits);
        if old.per_origin != limits.per_origin || old.free_per_origin != limits.free_per_origin {
            let origins: Vec<OriginId> = self.origins.ids().collect();
            for origin in origins {
                self.trim(origin);
                self.settle(origin);
            }
        }
        if limits.total < old.total {
            while self.staying() > limits.total
                && let Some(slot) = self.idle.front()
            {
                self.let_go(slot);
            }
        }
    }

    fn trim(&mut self, origin: OriginId) {
        while let Some(held) = self.origins.get(origin)
            && self.limits.exceeded_by(held)
            && let Some(slot) = held.idle.front()
        {
            self.let_go(slot);
        }
    }

    /// Slots that count under the total and will stay.
    pub(super) fn staying(&self) -> u32 {
        self.total - self.leaving
    }

    /// Whether the total lets a slot open. Idle slots are no obstacle: they make way.
    pub(super) fn has_room(&self) -> bool {
        self.total - self.idle.len() < self.limits.total && !self.slots.is_full()
    }

    /// Evicts the idle slots that stand in the way of a new one. The caller has asked `has_room`.
    pub(super) fn make_room(&mut self) {
        while self.total >= self.limits.total
            && let Some(slot) = self.idle.front()
        {
            self.let_go(slot);
        }
    }
}
