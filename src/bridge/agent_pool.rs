//! The pool as JavaScript has it, but for what every request calls: see `Bridge::functions`.

use std::hash::{BuildHasher, RandomState};

use napi_derive::napi;

use crate::pool::{FOREIGN, Lifetimes, Limits, Pool, Scheduling, SlotId};

use super::object::Bridge;
use super::policy::{NO_END, millis};
use super::pools::PoolHandle;
use super::protocol::output;

/// The pool of one agent. Limits are counts; 4294967295 is no limit.
#[napi(js_name = "Pool")]
pub struct AgentPool(PoolHandle);

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
        let limits = limits(per_origin, total, free, waiters);
        Self(bridge.open_pool(Pool::new(limits, scheduling(fifo))))
    }

    /// The pool's name in the functions of its bridge.
    #[napi(getter, catch_unwind)]
    pub fn key(&self) -> u32 {
        self.0.key()
    }

    /// Obeyed at once. True when `poll` has something.
    #[napi(catch_unwind)]
    pub fn set_limits(
        &self,
        per_origin: u32,
        total: u32,
        free: u32,
        waiters: u32,
        fifo: bool,
    ) -> bool {
        let mut policy = self.0.policy();
        let limits = limits(per_origin, total, free, waiters);
        policy.pool.set_limits(limits);
        policy.pool.set_scheduling(scheduling(fifo));
        policy.pool.has_outputs()
    }

    /// Milliseconds that a connection may rest and live, requests that it may serve, milliseconds
    /// that a request may wait; -1 is no bound. Asked for once, before anything else.
    #[napi(catch_unwind)]
    pub fn set_lifetimes(&self, idle: f64, age: f64, requests: f64, wait: f64) {
        let lifetimes = Lifetimes {
            idle: millis(idle),
            age: millis(age),
            requests: millis(requests).and_then(|most| u32::try_from(most).ok()),
            wait: millis(wait),
        };
        // The standard library's maps draw their keys from the system.
        let seed = RandomState::new().hash_one(0);
        self.0.policy().pool.set_lifetimes(lifetimes, seed);
    }

    /// A new origin, to be used at once.
    #[napi(catch_unwind)]
    pub fn origin(&self) -> u32 {
        self.0.policy().pool.origin()
    }

    /// A slot outside the limits; -1 for an unknown origin.
    #[napi(catch_unwind)]
    pub fn open(&self, origin: u32) -> i32 {
        let slot = self.0.policy().pool.open(origin);
        slot.map_or(-1, |slot| slot as i32)
    }

    /// The slot's connection has begun. `carrier` is its id, or -1 for a stream of the program's.
    #[napi(catch_unwind)]
    pub fn attach(&self, slot: u32, carrier: i32) {
        let mut policy = self.0.policy();
        let now = policy.now();
        let carrier = u32::try_from(carrier).unwrap_or(FOREIGN);
        policy.pool.attach(slot, carrier, now);
    }

    /// The slot's connection serves nobody after the present request.
    #[napi(catch_unwind)]
    pub fn retire(&self, slot: u32) {
        self.0.policy().pool.retire(slot);
    }

    /// A program picks this idle slot for a request of its own. False where it can't be used. The
    /// bridge's `take` may have something afterwards, although nobody will be woken.
    #[napi(catch_unwind)]
    pub fn take(&self, slot: u32) -> bool {
        self.0.policy().take(slot)
    }

    /// The slot's connection is gone, or left the pool. True when `poll` has something.
    #[napi(catch_unwind)]
    pub fn remove(&self, slot: u32) -> bool {
        let mut policy = self.0.policy();
        policy.pool.remove(slot);
        policy.pool.has_outputs()
    }

    /// A waiter gave up. True when `poll` has something.
    #[napi(catch_unwind)]
    pub fn cancel(&self, waiter: u32) -> bool {
        let mut policy = self.0.policy();
        policy.pool.cancel(waiter);
        policy.pool.has_outputs()
    }

    /// The time that `due` and `expire` take.
    #[napi(catch_unwind)]
    pub fn now(&self) -> f64 {
        self.0.policy().now() as f64
    }

    /// What has been idle for too long at this time, as `expire` will find it.
    #[napi(catch_unwind)]
    pub fn due(&self, now: f64) -> Vec<SlotId> {
        let policy = self.0.policy();
        millis(now).map_or_else(Vec::new, |now| policy.pool.due(now).collect())
    }

    /// Lets go of what has been idle for too long at this time.
    #[napi(catch_unwind)]
    pub fn expire(&self, now: f64) {
        if let Some(now) = millis(now) {
            self.0.policy().pool.expire(now);
        }
    }

    /// A waiter that has waited as long as it may and has left the queue, or -1.
    #[napi(catch_unwind)]
    pub fn late(&self) -> i32 {
        let mut policy = self.0.policy();
        let now = policy.now();
        let waiter = policy.pool.poll_late(now);
        waiter.map_or(-1, |waiter| waiter as i32)
    }

    /// Milliseconds until `expire` or `late` has work, or -1.
    #[napi(catch_unwind)]
    pub fn next_expiry(&self) -> f64 {
        let policy = self.0.policy();
        let at = policy.pool.next_deadline();
        at.map_or(NO_END, |at| at.saturating_sub(policy.now()) as f64)
    }

    /// The next thing to do: [0, waiter, slot] may open a connection, [1, slot] was let go of and
    /// its socket is to be destroyed, [2, origin] is forgotten. Null when there is none.
    #[napi(catch_unwind)]
    pub fn poll(&self) -> Option<Vec<u32>> {
        let pool = &mut self.0.policy().pool;
        if let Some((waiter, slot)) = pool.poll_open() {
            return Some(vec![output::OPEN as u32, waiter, slot]);
        }
        if let Some(slot) = pool.poll_drop() {
            return Some(vec![output::DROP as u32, slot]);
        }
        let origin = pool.poll_gone()?;
        Some(vec![output::GONE as u32, origin])
    }

    /// Opening, active and idle slots.
    #[napi(getter, catch_unwind)]
    pub fn total(&self) -> u32 {
        self.0.policy().pool.total()
    }

    /// [active, idle, waiting] of an origin.
    #[napi(catch_unwind)]
    pub fn counts(&self, origin: u32) -> Vec<u32> {
        let (active, idle, waiting) = self.0.policy().pool.counts(origin);
        vec![active, idle, waiting]
    }

    #[napi(catch_unwind)]
    pub fn active(&self, origin: u32) -> Vec<SlotId> {
        self.0.policy().pool.active(origin).collect()
    }

    #[napi(catch_unwind)]
    pub fn idle(&self, origin: u32) -> Vec<SlotId> {
        self.0.policy().pool.idle(origin).collect()
    }

    #[napi(catch_unwind)]
    pub fn waiters(&self, origin: u32) -> Vec<u32> {
        self.0.policy().pool.waiters(origin).collect()
    }
}

fn limits(per_origin: u32, total: u32, free_per_origin: u32, waiters: u32) -> Limits {
    Limits {
        per_origin,
        total,
        free_per_origin,
        waiters,
    }
}

fn scheduling(fifo: bool) -> Scheduling {
    if fifo {
        Scheduling::Fifo
    } else {
        Scheduling::Lifo
    }
}
