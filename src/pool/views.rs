//! What can be seen from outside. Unknown origins look empty.

use super::{OriginId, Pool, SlotId, WaiterId};

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
    pub(super) fn waits_until(&self) -> Option<u64> {
        let first = self.waiters.get(self.queue.front()?)?;
        Some(first.since.saturating_add(self.lifetimes.wait?))
    }

    /// View: how many requests wait.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.queue.len()
    }
}
