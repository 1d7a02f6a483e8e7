//! The pool as JavaScript has it, but for what every request calls: see `Bridge::functions`.

use std::hash::{BuildHasher, RandomState};

use napi_derive::napi;

use crate::pool::{FOREIGN, Lifetimes, Limits, Pool, Scheduling, SlotId, WaiterId};

use super::object::Bridge;
use super::policy::{connection, millis};
use super::pools::PoolHandle;
use super::protocol::{output, part};

/// How many there may be: counts from 0 to 4294967294. One that is absent is no limit.
#[napi(object, object_to_js = false)]
pub struct PoolLimits {
    /// `maxSockets`: sockets of one origin, in use and idle.
    pub per_origin: Option<u32>,
    /// `maxTotalSockets`: sockets of all origins, in use and idle.
    pub total: Option<u32>,
    /// `maxFreeSockets`: idle sockets of one origin.
    pub free_per_origin: Option<u32>,
    /// `maxQueue`: requests of all origins that wait for a socket.
    pub waiters: Option<u32>,
    /// `scheduling`: whether the idle socket that was parked first is used first, not the last one.
    pub fifo: bool,
}

/// How long connections serve and requests wait. One that is absent is no bound.
///
/// Times are milliseconds from 1 to 2147483647; a fraction of one doesn't count.
#[napi(object, object_to_js = false)]
pub struct PoolLifetimes {
    /// `freeSocketTimeout`: how long a connection may be idle.
    pub idle: Option<f64>,
    /// `socketTTL`: how long after its beginning a connection takes new requests.
    pub age: Option<f64>,
    /// `maxRequestsPerSocket`: how many requests a connection serves, from 1 to 4294967294.
    pub requests: Option<u32>,
    /// `queueTimeout`: how long a request may wait for a socket.
    pub wait: Option<f64>,
}

/// What JavaScript has to do. `kind` is one of `protocol::output`; the other fields say for which
/// waiter, slot or origin.
#[napi(object, object_from_js = false)]
pub struct PoolOutput {
    pub kind: i32,
    pub waiter: Option<u32>,
    pub slot: Option<u32>,
    pub origin: Option<u32>,
}

/// The pool of one agent.
#[napi(js_name = "Pool")]
pub struct AgentPool(PoolHandle);

#[napi]
impl AgentPool {
    #[napi(constructor, catch_unwind)]
    pub fn new(bridge: &Bridge, limits: PoolLimits, lifetimes: PoolLifetimes) -> Self {
        let mut pool = Pool::new(limits.counts(), limits.scheduling());
        // The standard library's maps draw their keys from the system.
        pool.set_lifetimes(lifetimes.bounds(), RandomState::new().hash_one(0));
        Self(bridge.open_pool(pool))
    }

    /// The pool's name in the functions of its bridge.
    #[napi(getter, catch_unwind)]
    pub fn key(&self) -> u32 {
        self.0.key()
    }

    /// Obeyed at once. True when `poll` has something.
    #[napi(catch_unwind)]
    pub fn set_limits(&self, limits: PoolLimits) -> bool {
        let mut policy = self.0.policy();
        policy.pool.set_limits(limits.counts());
        policy.pool.set_scheduling(limits.scheduling());
        policy.pool.has_outputs()
    }

    /// A new origin, to be used at once.
    #[napi(catch_unwind)]
    pub fn origin(&self) -> u32 {
        self.0.policy().pool.origin()
    }

    /// A slot outside the limits; null for an unknown origin.
    #[napi(catch_unwind)]
    pub fn open(&self, origin: u32) -> Option<SlotId> {
        self.0.policy().pool.open(origin)
    }

    /// The slot's connection has begun. `carrier` is its id, or FOREIGN for a stream of the
    /// program's.
    #[napi(catch_unwind)]
    pub fn attach(&self, slot: u32, carrier: i32) {
        let mut policy = self.0.policy();
        let now = policy.now();
        let carrier = connection(carrier).unwrap_or(FOREIGN);
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

    /// A waiter that has waited as long as it may and has left the queue.
    #[napi(catch_unwind)]
    pub fn late(&self) -> Option<WaiterId> {
        let mut policy = self.0.policy();
        let now = policy.now();
        policy.pool.poll_late(now)
    }

    /// Milliseconds until `expire` or `late` has work; null while there is nothing to wait for.
    #[napi(catch_unwind)]
    pub fn next_expiry(&self) -> Option<f64> {
        let policy = self.0.policy();
        let at = policy.pool.next_deadline()?;
        Some(at.saturating_sub(policy.now()) as f64)
    }

    /// The next thing to do: OPEN, `waiter` may open a connection in `slot`; DROP, `slot` was let
    /// go of and its socket is to be destroyed; GONE, `origin` is forgotten.
    #[napi(catch_unwind)]
    pub fn poll(&self) -> Option<PoolOutput> {
        let pool = &mut self.0.policy().pool;
        if let Some((waiter, slot)) = pool.poll_open() {
            return Some(PoolOutput {
                waiter: Some(waiter),
                slot: Some(slot),
                ..PoolOutput::of(output::OPEN)
            });
        }
        if let Some(slot) = pool.poll_drop() {
            return Some(PoolOutput {
                slot: Some(slot),
                ..PoolOutput::of(output::DROP)
            });
        }
        let origin = pool.poll_gone()?;
        Some(PoolOutput {
            origin: Some(origin),
            ..PoolOutput::of(output::GONE)
        })
    }

    /// Opening, active and idle slots.
    #[napi(getter, catch_unwind)]
    pub fn total(&self) -> u32 {
        self.0.policy().pool.total()
    }

    /// How many slots or waiters are in a part of an origin.
    #[napi(catch_unwind)]
    pub fn count(&self, origin: u32, part: i32) -> u32 {
        let (active, idle, waiting) = self.0.policy().pool.counts(origin);
        match part {
            part::ACTIVE => active,
            part::IDLE => idle,
            part::WAITING => waiting,
            _ => 0,
        }
    }

    /// The slots or waiters of that part, the one that joined it first in front.
    #[napi(catch_unwind)]
    pub fn list(&self, origin: u32, part: i32) -> Vec<u32> {
        let pool = &self.0.policy().pool;
        match part {
            part::ACTIVE => pool.active(origin).collect(),
            part::IDLE => pool.idle(origin).collect(),
            part::WAITING => pool.waiters(origin).collect(),
            _ => Vec::new(),
        }
    }
}

impl PoolLimits {
    fn counts(&self) -> Limits {
        Limits {
            per_origin: self.per_origin.unwrap_or(u32::MAX),
            total: self.total.unwrap_or(u32::MAX),
            free_per_origin: self.free_per_origin.unwrap_or(u32::MAX),
            waiters: self.waiters.unwrap_or(u32::MAX),
        }
    }

    fn scheduling(&self) -> Scheduling {
        if self.fifo {
            Scheduling::Fifo
        } else {
            Scheduling::Lifo
        }
    }
}

impl PoolLifetimes {
    fn bounds(&self) -> Lifetimes {
        Lifetimes {
            idle: self.idle.and_then(millis),
            age: self.age.and_then(millis),
            requests: self.requests,
            wait: self.wait.and_then(millis),
        }
    }
}

impl PoolOutput {
    fn of(kind: i32) -> Self {
        Self {
            kind,
            waiter: None,
            slot: None,
            origin: None,
        }
    }
}
