//! Keeps what is derived from an origin in step with it.

use super::{OriginId, Pool};

impl Pool {
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
