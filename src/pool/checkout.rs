//! A request wants a connection, or no longer does.

use super::entries::{Origin, Slot, State, Waiter};
use super::table::NO_ID;
use super::{Carrier, OriginId, Pool, Scheduling, SlotId, WaiterId};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// It gets this slot, which was idle and is active now.
    Reuse(SlotId),
    /// It may open a connection in this new slot; [`Pool::attach`] or [`Pool::remove`] follows.
    Open(SlotId),
    /// It has to wait, until [`Pool::checkin`], [`Pool::poll_open`] or [`Pool::poll_late`] names
    /// it.
    Wait(WaiterId),
    /// It would have to wait, and as many as may are waiting already.
    Refuse,
}

impl Pool {
    /// Input: a new, empty origin. The caller goes on with [`checkout`](Self::checkout) or
    /// [`open`](Self::open) at once: an origin that is still empty when
    /// [`poll_gone`](Self::poll_gone) is asked next is gone, so that none can be left behind.
    pub fn origin(&mut self) -> OriginId {
        let Some(origin) = self.origins.insert(Origin::default()) else {
            // Every id is taken, which memory does not allow. This one is unknown to all inputs.
            return NO_ID;
        };
        self.settle(origin);
        origin
    }

    /// Input: a request for this origin. `None` if the pool does not know the origin.
    ///
    /// `claim` is asked last, once, and only about the slot that is about to be reused; when it
    /// says that the carrier is dead the slot is let go of and the next one is tried.
    pub fn checkout(
        &mut self,
        origin: OriginId,
        now: u64,
        mut claim: impl FnMut(Carrier) -> bool,
    ) -> Option<Checkout> {
        while let Some(slot) = self.next_idle(origin) {
            if self.reuse(slot, now, &mut claim) {
                return Some(Checkout::Reuse(slot));
            }
            self.let_go(slot);
        }
        if self.may_open(origin)? {
            self.make_room();
            return self.insert_slot(origin).map(Checkout::Open);
        }
        // A slot that is being left will soon serve one: who waits for no more than that is not
        // refused.
        if self.queue.len() >= self.limits.waiters.saturating_add(self.leaving) {
            return Some(Checkout::Refuse);
        }
        self.queue(origin, now).map(Checkout::Wait)
    }

    /// Input: a slot outside all limits, since a program's own code has made the connection
    /// already. It counts from now on. `None` if the pool does not know the origin.
    pub fn open(&mut self, origin: OriginId) -> Option<SlotId> {
        if self.origins.contains(origin) {
            self.insert_slot(origin)
        } else {
            None
        }
    }

    /// Input: an opening slot has its connection and is active, or an active one goes on over
    /// another connection; its life begins. False for any other slot.
    pub fn attach(&mut self, slot: SlotId, carrier: Carrier, now: u64) -> bool {
        let left = self.draw_life(now);
        match self.slots.get_mut(slot) {
            Some(entry) if matches!(entry.state, State::Opening | State::Active { .. }) => {
                entry.state = State::Active { carrier };
                entry.left = left;
                true
            }
            _ => false,
        }
    }

    /// Input: a program picks this idle slot for a request of its own. It is active from now on.
    /// `claim` is asked as in [`checkout`](Self::checkout). On false nothing has changed: it was
    /// not idle, its deadline has come, or its carrier is dead.
    pub fn take(&mut self, slot: SlotId, now: u64, mut claim: impl FnMut(Carrier) -> bool) -> bool {
        self.reuse(slot, now, &mut claim)
    }

    /// Input: this queued request was destroyed. False if it is not queued (any more).
    pub fn cancel(&mut self, waiter: WaiterId) -> bool {
        self.unqueue(waiter)
    }

    fn next_idle(&self, origin: OriginId) -> Option<SlotId> {
        let idle = &self.origins.get(origin)?.idle;
        match self.scheduling {
            Scheduling::Lifo => idle.back(),
            Scheduling::Fifo => idle.front(),
        }
    }

    fn reuse(&mut self, slot: SlotId, now: u64, claim: &mut impl FnMut(Carrier) -> bool) -> bool {
        let Some(&Slot {
            origin,
            state: State::Idle { carrier, deadline },
            ..
        }) = self.slots.get(slot)
        else {
            return false;
        };
        if deadline.is_some_and(|deadline| deadline <= now) || !claim(carrier) {
            return false;
        }
        self.unlink_idle(slot, origin, deadline);
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.state = State::Active { carrier };
            entry.left.use_up();
        }
        if let Some(held) = self.origins.get_mut(origin) {
            held.active.push_back(&mut self.slots, slot);
        }
        true
    }

    /// Whether a new request may open a slot. Requests that wait and could open go first, its own
    /// origin's and others', also if the caller has not polled for them yet: otherwise whoever asks
    /// in between takes their turn.
    fn may_open(&self, origin: OriginId) -> Option<bool> {
        let held = self.origins.get(origin)?;
        Some(self.ready.is_empty() && held.count() < self.limits.per_origin && self.has_room())
    }

    /// A new opening slot. The origin exists.
    pub(super) fn insert_slot(&mut self, origin: OriginId) -> Option<SlotId> {
        let slot = self.slots.insert(Slot::opening(origin))?;
        if let Some(held) = self.origins.get_mut(origin) {
            held.active.push_back(&mut self.slots, slot);
        }
        self.total += 1;
        self.settle(origin);
        Some(slot)
    }

    fn queue(&mut self, origin: OriginId, now: u64) -> Option<WaiterId> {
        let waiter = Waiter::new(origin, self.arrivals, now);
        let waiter = self.waiters.insert(waiter)?;
        self.arrivals += 1;
        self.queue.push_back(&mut self.waiters, waiter);
        if let Some(held) = self.origins.get_mut(origin) {
            held.waiters.push_back(&mut self.waiters, waiter);
        }
        self.settle(origin);
        Some(waiter)
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
}
