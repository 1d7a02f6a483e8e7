//! Slots and waiters go.

use super::entries::{Slot, State};
use super::{OriginId, Pool, SlotId, WaiterId};

impl Pool {
    /// Input: this slot's connection is closed, has failed to open or has left the agent. False if
    /// the pool does not know the slot, or has let go of it already.
    pub fn remove(&mut self, slot: SlotId) -> bool {
        let Some(&Slot { origin, state, .. }) = self.slots.get(slot) else {
            return false;
        };
        match state {
            State::Opening | State::Active { .. } => self.unlink_active(slot, origin),
            State::Leaving => {
                self.unlink_active(slot, origin);
                self.leaving -= 1;
                if let Some(held) = self.origins.get_mut(origin) {
                    held.leaving -= 1;
                }
            }
            State::Idle { deadline, .. } => self.unlink_idle(slot, origin, deadline),
            State::Dropped => return false,
        }
        self.slots.remove(slot);
        self.total -= 1;
        self.settle(origin);
        true
    }

    /// Input: this queued request was destroyed. False if it is not queued (any more).
    pub fn cancel(&mut self, waiter: WaiterId) -> bool {
        self.unqueue(waiter)
    }

    /// Input: it is `now`. Idle slots whose deadline has come are let go of.
    pub fn expire(&mut self, now: u64) {
        while let Some(&(deadline, slot)) = self.deadlines.first()
            && deadline <= now
        {
            self.let_go(slot);
        }
    }

    /// Forgets an idle slot and leaves its id for `poll_drop`.
    pub(super) fn let_go(&mut self, slot: SlotId) {
        let Some(&Slot {
            origin,
            state: State::Idle { deadline, .. },
            ..
        }) = self.slots.get(slot)
        else {
            return;
        };
        self.unlink_idle(slot, origin, deadline);
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.state = State::Dropped;
        }
        self.dropped.push_back(&mut self.slots, slot);
        self.total -= 1;
        self.settle(origin);
    }

    /// Takes a waiter out of its queue and forgets it.
    pub(super) fn unqueue(&mut self, waiter: WaiterId) -> bool {
        let Some(origin) = self.waiters.get(waiter).map(|waiter| waiter.origin) else {
            return false;
        };
        if let Some(held) = self.origins.get_mut(origin) {
            held.waiters.unlink(&mut self.waiters, waiter);
        }
        self.queue.unlink(&mut self.waiters, waiter);
        self.waiters.remove(waiter);
        self.settle(origin);
        true
    }

    fn unlink_active(&mut self, slot: SlotId, origin: OriginId) {
        if let Some(held) = self.origins.get_mut(origin) {
            held.active.unlink(&mut self.slots, slot);
        }
    }

    pub(super) fn unlink_idle(&mut self, slot: SlotId, origin: OriginId, deadline: Option<u64>) {
        if let Some(held) = self.origins.get_mut(origin) {
            held.idle.unlink(&mut self.slots, slot);
        }
        self.idle.unlink(&mut self.slots, slot);
        if let Some(deadline) = deadline {
            self.deadlines.remove(&(deadline, slot));
        }
    }
}
