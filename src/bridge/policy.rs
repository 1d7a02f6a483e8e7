//! The pool as JavaScript calls it: integers in, integers out, and the clock.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use crate::net::Carriers;
use crate::pool::{Checkin, Checkout, FOREIGN, Pool};

use super::protocol::{answer, carrier, checkin, checkout, park};
use super::ring::Gates;

/// A pool with the clock, and with the gates of the connections that its slots carry.
pub(super) struct Policy {
    pub(super) pool: Pool,
    gates: Rc<RefCell<Gates>>,
    carriers: Rc<RefCell<Carriers>>,
    epoch: Instant,
}

impl Policy {
    pub(super) fn new(
        pool: Pool,
        gates: Rc<RefCell<Gates>>,
        carriers: Rc<RefCell<Carriers>>,
    ) -> Self {
        Self {
            pool,
            gates,
            carriers,
            epoch: Instant::now(),
        }
    }

    /// REUSE a slot, OPEN a connection in a slot, WAIT as a waiter, or REFUSE.
    pub(super) fn checkout(&mut self, origin: u32) -> i32 {
        let now = self.now();
        let (gates, mut carriers) = (self.gates.borrow(), self.carriers.borrow_mut());
        let claim = claim_by(&gates, &mut carriers);
        let answer = match self.pool.checkout(origin, now, claim) {
            Some(Checkout::Reuse(slot)) => pack(slot, checkout::REUSE),
            Some(Checkout::Open(slot)) => pack(slot, checkout::OPEN),
            Some(Checkout::Wait(waiter)) => pack(waiter, checkout::WAIT),
            // An origin that is not known has no place either.
            Some(Checkout::Refuse) | None => checkout::REFUSE,
        };
        let events = if carriers.has_seen() {
            answer::EVENTS
        } else {
            0
        };
        answer | events | self.outputs()
    }

    /// A program picks this idle slot. False where it can't be used any more. Afterwards the
    /// bridge's `take` may have something although nobody will be woken.
    pub(super) fn take(&mut self, slot: u32) -> bool {
        let now = self.now();
        let (gates, mut carriers) = (self.gates.borrow(), self.carriers.borrow_mut());
        self.pool.take(slot, now, claim_by(&gates, &mut carriers))
    }

    /// SERVE a waiter, PARK, or CLOSE. No waiter is given a connection that has ended. `used`:
    /// something was sent over it.
    pub(super) fn checkin(&mut self, slot: u32, carrier: i32, used: bool) -> i32 {
        let gates = self.gates.borrow();
        let conn = connection(carrier);
        let gate = conn.and_then(|conn| gates.get(conn));
        // A connection of which nothing is left has no gate.
        let is_alive = conn.is_none() || gate.is_some_and(|gate| gate.is_alive());
        if self.pool.would_serve(slot) && !is_alive {
            return checkin::CLOSE;
        }
        let now = self.now();
        let answer = match self.pool.checkin(slot, now) {
            Checkin::Serve(waiter) => {
                gate.map(|gate| gate.pass_on(used));
                if let Some(conn) = conn {
                    self.exchange_ended(conn);
                }
                pack(waiter, checkin::SERVE)
            }
            Checkin::Park => checkin::PARK,
            Checkin::Close => checkin::CLOSE,
        };
        answer | self.outputs()
    }

    /// Puts a slot to rest for at most `lifetime` milliseconds, or NO_END. Answers how many
    /// milliseconds it may rest, NO_END, or NOT_PARKED when the pool has no place for it any more.
    ///
    /// A connection that has just ended is parked like any other: it cannot be claimed, and the
    /// event that tells of its end is on its way.
    pub(super) fn park(&mut self, slot: u32, carrier: i32, used: bool, lifetime: f64) -> f64 {
        if let Some(conn) = connection(carrier)
            && let Some(gate) = self.gates.borrow().get(conn)
        {
            gate.park(used);
            self.exchange_ended(conn);
        }
        let now = self.now();
        let deadline = millis(lifetime).map(|lifetime| now.saturating_add(lifetime));
        if !self.pool.park(slot, now, deadline) {
            return f64::from(park::NOT_PARKED);
        }
        self.pool
            .deadline(slot)
            .map_or(f64::from(park::NO_END), |at| at.saturating_sub(now) as f64)
    }

    fn exchange_ended(&self, conn: u32) {
        self.carriers.borrow_mut().exchange_ended(conn);
    }

    /// Milliseconds, as all of the pool's times.
    pub(super) fn now(&self) -> u64 {
        self.epoch.elapsed().as_millis() as u64
    }

    fn outputs(&self) -> i32 {
        if self.pool.has_outputs() {
            answer::OUTPUTS
        } else {
            0
        }
    }
}

/// Asks the gate of a connection whether it may be handed out.
fn claim_by<'a>(gates: &'a Gates, carriers: &'a mut Carriers) -> impl FnMut(u32) -> bool + 'a {
    |conn| {
        conn == FOREIGN || {
            carriers.look_at(conn);
            gates.get(conn).is_some_and(|gate| gate.claim())
        }
    }
}

/// The connection that carries a slot, unless that is a stream of the program's.
pub(super) fn connection(carrier: i32) -> Option<u32> {
    (carrier != carrier::FOREIGN).then_some(carrier as u32)
}

/// What JavaScript gives as a number, where a negative one is none.
pub(super) fn millis(value: f64) -> Option<u64> {
    (value >= 0.0).then_some(value as u64)
}

/// `EVENTS` among an answer says that the bridge's `take` has something although nobody will be
/// woken, `OUTPUTS` that the pool's `poll` has.
fn pack(id: u32, verdict: i32) -> i32 {
    (id << answer::ID) as i32 | verdict & answer::VERDICT
}
