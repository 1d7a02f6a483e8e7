//! The pool as JavaScript calls it: integers in, integers out, and the clock.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::time::Instant;

use napi_derive::napi;

use crate::net::Gate;
use crate::pool::{Checkin, Checkout, FOREIGN, Lifetimes, Limits, Pool, Scheduling, SlotId};

use super::environment::Bridge;
use super::ring::Gates;

/// An answer is `id << 3 | outputs << 2 | verdict`, where `outputs` says that `poll` has something.
mod verdict {
    pub const REUSE: i32 = 0;
    pub const OPEN: i32 = 1;
    pub const WAIT: i32 = 2;
    pub const REFUSE: i32 = 3;

    pub const SERVE: i32 = 0;
    pub const PARK: i32 = 1;
    pub const CLOSE: i32 = 2;

    pub const OUTPUTS: i32 = 1 << 2;
    pub const ID_SHIFT: u32 = 3;
}

/// The kinds of `poll`'s answers.
mod output {
    pub const OPEN: u32 = 0;
    pub const DROP: u32 = 1;
    pub const GONE: u32 = 2;
}

/// Answers in milliseconds that are none.
const NO_END: f64 = -1.0;
const NOT_PARKED: f64 = -2.0;

/// The pool of one agent. Limits are counts; 4294967295 is no limit.
#[napi(js_name = "Pool")]
pub struct AgentPool {
    pool: Pool,
    gates: Rc<RefCell<Gates>>,
    epoch: Instant,
}

#[napi]
impl AgentPool {
    #[napi(constructor, catch_unwind)]
    pub fn new(
        bridge: &Bridge,
        per_origin: u32,
        total: u32,
        free: u32,
        waiters: u32,
        fifo: bool,
    ) -> Self {
        let limits = Limits {
            per_origin,
            total,
            free_per_origin: free,
            waiters,
        };
        let pool = Pool::new(limits, scheduling(fifo));
        Self {
            pool,
            gates: bridge.gates(),
            epoch: Instant::now(),
        }
    }

    /// Obeyed at once. True when `poll` has something.
    #[napi(catch_unwind)]
    pub fn set_limits(
        &mut self,
        per_origin: u32,
        total: u32,
        free: u32,
        waiters: u32,
        fifo: bool,
    ) -> bool {
        self.pool.set_limits(Limits {
            per_origin,
            total,
            free_per_origin: free,
            waiters,
        });
        self.pool.set_scheduling(scheduling(fifo));
        self.pool.has_outputs()
    }

    /// Milliseconds that a connection may rest and live, requests that it may serve, milliseconds
    /// that a request may wait; -1 is no bound. Asked for once, before anything else.
    #[napi(catch_unwind)]
    pub fn set_lifetimes(&mut self, idle: f64, age: f64, requests: f64, wait: f64) {
        let lifetimes = Lifetimes {
            idle: millis(idle),
            age: millis(age),
            requests: millis(requests).and_then(|most| u32::try_from(most).ok()),
            wait: millis(wait),
        };
        // The standard library's maps draw their keys from the system.
        let seed = RandomState::new().hash_one(0);
        self.pool.set_lifetimes(lifetimes, seed);
    }

    /// A new origin, to be used at once.
    #[napi(catch_unwind)]
    pub fn origin(&mut self) -> u32 {
        self.pool.origin()
    }

    /// REUSE a slot, OPEN a connection in a slot, WAIT as a waiter, or REFUSE.
    #[napi(catch_unwind)]
    pub fn checkout(&mut self, origin: u32) -> i32 {
        let now = self.now();
        let gates = self.gates.borrow();
        let claim = |carrier| carrier == FOREIGN || gates.get(carrier).is_some_and(|g| g.claim());
        let answer = match self.pool.checkout(origin, now, claim) {
            Some(Checkout::Reuse(slot)) => pack(slot, verdict::REUSE),
            Some(Checkout::Open(slot)) => pack(slot, verdict::OPEN),
            Some(Checkout::Wait(waiter)) => pack(waiter, verdict::WAIT),
            // An origin that is not known has no place either.
            Some(Checkout::Refuse) | None => verdict::REFUSE,
        };
        answer | self.outputs()
    }

    /// A slot outside the limits; -1 for an unknown origin.
    #[napi(catch_unwind)]
    pub fn open(&mut self, origin: u32) -> i32 {
        self.pool.open(origin).map_or(-1, |slot| slot as i32)
    }

    /// The slot's connection has begun. `carrier` is its id, or -1 for a stream of the program's.
    #[napi(catch_unwind)]
    pub fn attach(&mut self, slot: u32, carrier: i32) {
        let now = self.now();
        self.pool
            .attach(slot, u32::try_from(carrier).unwrap_or(FOREIGN), now);
    }

    /// SERVE a waiter, PARK, or CLOSE. No waiter is given a connection that has ended.
    #[napi(catch_unwind)]
    pub fn checkin(&mut self, slot: u32, carrier: i32) -> i32 {
        let gates = self.gates.borrow();
        let gate = u32::try_from(carrier).ok().and_then(|conn| gates.get(conn));
        if self.pool.would_serve(slot) && gate.is_some_and(|gate| !gate.is_alive()) {
            return verdict::CLOSE;
        }
        let now = self.now();
        let answer = match self.pool.checkin(slot, now) {
            Checkin::Serve(waiter) => {
                gate.map(Gate::pass_on);
                pack(waiter, verdict::SERVE)
            }
            Checkin::Park => verdict::PARK,
            Checkin::Close => verdict::CLOSE,
        };
        answer | self.outputs()
    }

    /// The slot's connection serves nobody after the present request.
    #[napi(catch_unwind)]
    pub fn retire(&mut self, slot: u32) {
        self.pool.retire(slot);
    }

    /// Puts a slot to rest for at most `lifetime` milliseconds, or -1 for no end. Answers how many
    /// milliseconds it may rest, -1 for no end, or -2 when the pool has no place for it any more.
    ///
    /// A connection that has just ended is parked like any other: it cannot be claimed, and the
    /// event that tells of its end is on its way.
    #[napi(catch_unwind)]
    pub fn park(&mut self, slot: u32, carrier: i32, lifetime: f64) -> f64 {
        if let Ok(conn) = u32::try_from(carrier)
            && let Some(gate) = self.gates.borrow().get(conn)
        {
            gate.park();
        }
        let now = self.now();
        let deadline = millis(lifetime).map(|lifetime| now.saturating_add(lifetime));
        if !self.pool.park(slot, now, deadline) {
            return NOT_PARKED;
        }
        self.pool
            .deadline(slot)
            .map_or(NO_END, |at| at.saturating_sub(now) as f64)
    }

    /// The slot's connection is gone, or left the pool. True when `poll` has something.
    #[napi(catch_unwind)]
    pub fn remove(&mut self, slot: u32) -> bool {
        self.pool.remove(slot);
        self.pool.has_outputs()
    }

    /// A waiter gave up. True when `poll` has something.
    #[napi(catch_unwind)]
    pub fn cancel(&mut self, waiter: u32) -> bool {
        self.pool.cancel(waiter);
        self.pool.has_outputs()
    }

    /// Lets go of what has been idle for too long.
    #[napi(catch_unwind)]
    pub fn expire(&mut self) {
        let now = self.now();
        self.pool.expire(now);
    }

    /// A waiter that has waited as long as it may and has left the queue, or -1.
    #[napi(catch_unwind)]
    pub fn late(&mut self) -> i32 {
        let now = self.now();
        self.pool.poll_late(now).map_or(-1, |waiter| waiter as i32)
    }

    /// Milliseconds until `expire` or `late` has work, or -1.
    #[napi(catch_unwind)]
    pub fn next_expiry(&self) -> f64 {
        let left = self
            .pool
            .next_deadline()
            .map(|at| at.saturating_sub(self.now()));
        left.map_or(NO_END, |ms| ms as f64)
    }

    /// The next thing to do: [0, waiter, slot] may open a connection, [1, slot] was let go of and
    /// its socket is to be destroyed, [2, origin] is forgotten. Null when there is none.
    #[napi(catch_unwind)]
    pub fn poll(&mut self) -> Option<Vec<u32>> {
        if let Some((waiter, slot)) = self.pool.poll_open() {
            return Some(vec![output::OPEN, waiter, slot]);
        }
        if let Some(slot) = self.pool.poll_drop() {
            return Some(vec![output::DROP, slot]);
        }
        self.pool
            .poll_gone()
            .map(|origin| vec![output::GONE, origin])
    }

    /// Opening, active and idle slots.
    #[napi(getter, catch_unwind)]
    pub fn total(&self) -> u32 {
        self.pool.total()
    }

    /// [active, idle, waiting] of an origin.
    #[napi(catch_unwind)]
    pub fn counts(&self, origin: u32) -> Vec<u32> {
        let (active, idle, waiting) = self.pool.counts(origin);
        vec![active, idle, waiting]
    }

    #[napi(catch_unwind)]
    pub fn active(&self, origin: u32) -> Vec<SlotId> {
        self.pool.active(origin).collect()
    }

    #[napi(catch_unwind)]
    pub fn idle(&self, origin: u32) -> Vec<SlotId> {
        self.pool.idle(origin).collect()
    }

    #[napi(catch_unwind)]
    pub fn waiters(&self, origin: u32) -> Vec<u32> {
        self.pool.waiters(origin).collect()
    }

    fn now(&self) -> u64 {
        self.epoch.elapsed().as_millis() as u64
    }

    fn outputs(&self) -> i32 {
        if self.pool.has_outputs() {
            verdict::OUTPUTS
        } else {
            0
        }
    }
}

/// What JavaScript gives as a number, where a negative one is none.
fn millis(value: f64) -> Option<u64> {
    (value >= 0.0).then_some(value as u64)
}

fn pack(id: u32, verdict: i32) -> i32 {
    (id << verdict::ID_SHIFT) as i32 | verdict
}

fn scheduling(fifo: bool) -> Scheduling {
    if fifo {
        Scheduling::Fifo
    } else {
        Scheduling::Lifo
    }
}
