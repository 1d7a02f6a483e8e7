//! A connection became free, or is gone.

use super::entries::{Slot, State};
use super::{OriginId, Pool, SlotId, WaiterId};

/// How often in a row a free slot may go to a waiter of its own origin although a waiter of another
/// origin, held back by the total alone, has waited longer.
///
/// Handing a warm connection over costs nothing; moving the capacity costs a close, a connect and
/// perhaps a TLS handshake, and the origin that lost it pays the same to get it back. With 16, that
/// is the price of at most one request in 17, while nobody waits for more than 16 others' turns.
pub const MAX_PASSES: u8 = 16;

/// What becomes of a free slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkin {
    /// It stays active and serves this waiter, which has left the queue.
    Serve(WaiterId),
    /// It may be kept: the caller either [parks](Pool::park) it or destroys it.
    Park,
    /// It must be destroyed. It stays active until [`Pool::remove`].
    Close,
}

impl Pool {
    /// Input: this active slot is free. A slot that is not active, was told to close, or is at the
    /// end of its [life](super::Lifetimes), must [close](Checkin::Close).
    pub fn checkin(&mut self, slot: SlotId, now: u64) -> Checkin {
        let Some(&Slot {
            origin,
            state: State::Active { .. },
            left,
            ..
        }) = self.slots.get(slot)
        else {
            return Checkin::Close;
        };
        if left.is_over(now) {
            self.leave(slot, origin);
            return Checkin::Close;
        }
        if let Some(waiter) = self.first_waiter(origin) {
            if self.may_serve(waiter) {
                self.unqueue(waiter);
                if let Some(entry) = self.slots.get_mut(slot) {
                    entry.left.use_up();
                }
                return Checkin::Serve(waiter);
            }
        } else if self.may_park(origin) {
            return Checkin::Park;
        }
        self.leave(slot, origin);
        Checkin::Close
    }

    /// Input: this active slot is kept until it is reused, or until the caller's deadline or its
    /// [lifetimes](super::Lifetimes) end it ([`deadline`](Self::deadline) tells). On false the
    /// caller destroys it, or asks [`checkin`](Self::checkin) again: it was not active, or parking
    /// is no longer what `checkin` would answer, since a program's own code ran in between.
    pub fn park(&mut self, slot: SlotId, now: u64, deadline: Option<u64>) -> bool {
        let Some(&Slot {
            origin,
            state: State::Active { carrier },
            left,
            ..
        }) = self.slots.get(slot)
        else {
            return false;
        };
        if left.is_over(now) || self.first_waiter(origin).is_some() || !self.may_park(origin) {
            return false;
        }
        let deadline = self.draw_deadline(now, left, deadline);
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.state = State::Idle { carrier, deadline };
        }
        if let Some(held) = self.origins.get_mut(origin) {
            held.active.unlink(&mut self.slots, slot);
            held.idle.push_back(&mut self.slots, slot);
        }
        self.idle.push_back(&mut self.slots, slot);
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, slot));
        }
        true
    }

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

    /// Input: it is `now`. Idle slots whose deadline has come are let go of.
    pub fn expire(&mut self, now: u64) {
        while let Some(&(deadline, slot)) = self.deadlines.first()
            && deadline <= now
        {
            self.let_go(slot);
        }
    }

    pub(super) fn first_waiter(&self, origin: OriginId) -> Option<WaiterId> {
        self.origins.get(origin)?.waiters.front()
    }

    /// Whether a slot may go to this waiter of its own origin; if that passes over a waiter of
    /// another origin, it is counted.
    fn may_serve(&mut self, waiter: WaiterId) -> bool {
        let Some(arrival) = self.waiters.get(waiter).map(|waiter| waiter.arrival) else {
            return false;
        };
        if self.has_room() {
            return true;
        }
        let longest = self
            .ready
            .first()
            .and_then(|&(_, origin)| self.first_waiter(origin));
        match longest.and_then(|longest| self.waiters.get_mut(longest)) {
            Some(other) if other.arrival < arrival => {
                let serve = other.passes < MAX_PASSES;
                // The slot that closes is for the other waiter: one is enough, so the next ones
                // count from the start.
                other.passes = if serve { other.passes + 1 } else { 0 };
                serve
            }
            _ => true,
        }
    }

    /// Whether a slot of an origin without waiters may stay. Slots that were told to close don't
    /// count: their room is as good as free, and closing more for it would be waste.
    fn may_park(&self, origin: OriginId) -> bool {
        let starves =
            !self.ready.is_empty() && self.staying() - self.idle.len() >= self.limits.total;
        self.origins.get(origin).is_some_and(|held| {
            !starves
                && self.staying() <= self.limits.total
                && held.staying() <= self.limits.per_origin
                && held.idle.len() < self.limits.free_per_origin
        })
    }

    fn leave(&mut self, slot: SlotId, origin: OriginId) {
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.state = State::Leaving;
        }
        if let Some(held) = self.origins.get_mut(origin) {
            held.leaving += 1;
        }
        self.leaving += 1;
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
