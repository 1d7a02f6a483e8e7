//! What the caller has to do, and the lists in which the pool keeps that.

use super::{OriginId, Pool, SlotId, WaiterId};

impl Pool {
    /// Output: this waiter has left the queue and may open a connection in this new slot, as after
    /// [`Checkout::Open`](super::Checkout::Open). Of those that could open, the one that has waited
    /// longest comes first. It is decided at the moment of asking; an idle slot of another origin
    /// may have to make way and come out of [`poll_drop`](Self::poll_drop).
    pub fn poll_open(&mut self) -> Option<(WaiterId, SlotId)> {
        if !self.has_room() {
            return None;
        }
        let &(_, origin) = self.ready.first()?;
        let waiter = self.first_waiter(origin)?;
        self.make_room();
        let slot = self.insert_slot(origin)?;
        self.unqueue(waiter);
        Some((waiter, slot))
    }

    /// Output: it is `now`, and this waiter has left the queue because it has waited as long as it
    /// [may](super::Lifetimes::wait). The one that came first comes first. It is decided at the
    /// moment of asking, so it is asked when [`next_deadline`](Self::next_deadline) comes.
    pub fn poll_late(&mut self, now: u64) -> Option<WaiterId> {
        let waiter = self.queue.front()?;
        let is_late = self.waits_until()? <= now;
        (is_late && self.unqueue(waiter)).then_some(waiter)
    }

    /// Output: the pool has let go of this slot, which was idle, and has forgotten it: the caller
    /// destroys its connection and does not [remove](Self::remove) the slot, whose id may soon
    /// belong to another.
    pub fn poll_drop(&mut self) -> Option<SlotId> {
        let slot = self.dropped.pop_front(&mut self.slots)?;
        self.slots.remove(slot);
        Some(slot)
    }

    /// Output: this origin has neither slots nor waiters and is forgotten.
    pub fn poll_gone(&mut self) -> Option<OriginId> {
        let origin = self.gone.pop_front(&mut self.origins)?;
        self.origins.remove(origin);
        Some(origin)
    }

    /// Whether any output has something to say.
    #[must_use]
    pub fn has_outputs(&self) -> bool {
        !self.dropped.is_empty()
            || !self.gone.is_empty()
            || (!self.ready.is_empty() && self.has_room())
    }

    /// Puts the origin where it belongs: among those that could open, among those that are gone,
    /// or in neither. Every change to an origin's numbers ends here.
    pub(super) fn settle(&mut self, origin: OriginId) {
        let Some(held) = self.origins.get_mut(origin) else {
            return;
        };
        let ready = if held.count() < self.limits.per_origin {
            let first = held.waiters.front().and_then(|id| self.waiters.get(id));
            first.map(|waiter| waiter.arrival)
        } else {
            None
        };
        let was_ready = std::mem::replace(&mut held.ready, ready);
        let gone = held.is_empty();
        let was_gone = std::mem::replace(&mut held.gone, gone);

        if was_ready != ready {
            if let Some(arrival) = was_ready {
                self.ready.remove(&(arrival, origin));
            }
            if let Some(arrival) = ready {
                self.ready.insert((arrival, origin));
            }
        }
        match (was_gone, gone) {
            (false, true) => self.gone.push_back(&mut self.origins, origin),
            (true, false) => self.gone.unlink(&mut self.origins, origin),
            _ => {}
        }
    }
}
