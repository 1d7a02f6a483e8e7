//! What the pool promises, one behaviour a test. No clock and no connections: times are numbers.

mod fairness;
mod lifetimes;
mod limits;
mod misuse;
mod outputs;
mod queue;
mod reuse;

use super::*;

const UNLIMITED: Limits = Limits {
    per_origin: u32::MAX,
    total: u32::MAX,
    free_per_origin: u32::MAX,
    waiters: u32::MAX,
};

fn per_origin(per_origin: u32) -> Limits {
    Limits {
        per_origin,
        ..UNLIMITED
    }
}

fn total(total: u32) -> Limits {
    Limits { total, ..UNLIMITED }
}

fn pool(limits: Limits) -> Pool {
    Pool::new(limits, Scheduling::Lifo)
}

fn alive(_: Carrier) -> bool {
    true
}

fn checkout(pool: &mut Pool, origin: OriginId) -> Checkout {
    pool.checkout(origin, 0, alive).expect("origin is known")
}

/// A request that must open a slot, which becomes active.
fn active(pool: &mut Pool, origin: OriginId) -> SlotId {
    let Checkout::Open(slot) = checkout(pool, origin) else {
        panic!("should have opened");
    };
    assert!(pool.attach(slot, slot, 0));
    slot
}

/// A request that must wait.
fn waiter(pool: &mut Pool, origin: OriginId) -> WaiterId {
    let Checkout::Wait(waiter) = checkout(pool, origin) else {
        panic!("should wait");
    };
    waiter
}

/// A slot that is used and free again: it must be kept.
fn park(pool: &mut Pool, slot: SlotId) {
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
    assert!(pool.park(slot, 0, None));
}

/// As many idle slots as asked for, in the order in which they were parked.
fn idle<const N: usize>(pool: &mut Pool, origin: OriginId) -> [SlotId; N] {
    let slots = std::array::from_fn(|_| active(pool, origin));
    for slot in slots {
        park(pool, slot);
    }
    slots
}

fn opens(pool: &mut Pool) -> Vec<WaiterId> {
    std::iter::from_fn(|| pool.poll_open())
        .map(|(waiter, _)| waiter)
        .collect()
}

fn drops(pool: &mut Pool) -> Vec<SlotId> {
    std::iter::from_fn(|| pool.poll_drop()).collect()
}

fn gone(pool: &mut Pool) -> Vec<OriginId> {
    std::iter::from_fn(|| pool.poll_gone()).collect()
}
