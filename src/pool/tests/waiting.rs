use super::*;

fn patient(limits: Limits, wait: u64) -> Pool {
    let mut pool = pool(limits);
    let wait = Some(wait);
    let lifetimes = Lifetimes {
        wait,
        ..Lifetimes::default()
    };
    pool.set_lifetimes(lifetimes, 0);
    pool
}

fn waiter_at(pool: &mut Pool, origin: OriginId, now: u64) -> WaiterId {
    let Some(Checkout::Wait(waiter)) = pool.checkout(origin, now, alive) else {
        panic!("should wait");
    };
    waiter
}

fn late(pool: &mut Pool, now: u64) -> Vec<WaiterId> {
    std::iter::from_fn(|| pool.poll_late(now)).collect()
}

fn queue_of(waiters: u32) -> Limits {
    Limits {
        per_origin: 1,
        waiters,
        ..UNLIMITED
    }
}

#[test]
fn waiter_beyond_the_limit_is_refused() {
    let mut pool = pool(queue_of(2));
    let a = pool.origin();
    active(&mut pool, a);
    waiter(&mut pool, a);
    waiter(&mut pool, a);
    assert_eq!(checkout(&mut pool, a), Checkout::Refuse);
    assert_eq!(pool.waiting(), 2);
    assert_eq!(pool.counts(a), (1, 0, 2));
}

#[test]
fn waiters_of_all_origins_count() {
    let mut pool = pool(queue_of(1));
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    active(&mut pool, b);
    waiter(&mut pool, a);
    assert_eq!(checkout(&mut pool, b), Checkout::Refuse);
}

#[test]
fn place_in_the_queue_comes_free_with_every_way_out() {
    let mut pool = pool(queue_of(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let served = waiter(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Serve(served));
    let cancelled = waiter(&mut pool, a);
    assert_eq!(checkout(&mut pool, a), Checkout::Refuse);
    assert!(pool.cancel(cancelled));
    let opened = waiter(&mut pool, a);
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [opened]);
    waiter(&mut pool, a);
    assert_eq!(checkout(&mut pool, a), Checkout::Refuse);
}

#[test]
fn refusal_leaves_no_origin_behind() {
    let mut pool = pool(Limits {
        total: 1,
        waiters: 0,
        ..UNLIMITED
    });
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    assert_eq!(checkout(&mut pool, b), Checkout::Refuse);
    assert_eq!(gone(&mut pool), [b]);
}

#[test]
fn nobody_who_can_open_is_refused() {
    let mut pool = pool(queue_of(0));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert_eq!(checkout(&mut pool, a), Checkout::Refuse);
    park(&mut pool, slot);
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(slot));
}

#[test]
fn lower_limit_leaves_those_who_wait() {
    let mut pool = pool(queue_of(9));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let first = waiter(&mut pool, a);
    pool.set_limits(queue_of(0));
    assert_eq!(checkout(&mut pool, a), Checkout::Refuse);
    assert_eq!(pool.checkin(slot, 0), Checkin::Serve(first));
}

#[test]
fn waiter_is_late_at_its_time_not_before() {
    let mut pool = patient(per_origin(1), 10);
    let a = pool.origin();
    active(&mut pool, a);
    let first = waiter_at(&mut pool, a, 5);
    assert_eq!(pool.next_deadline(), Some(15));
    assert_eq!(late(&mut pool, 14), []);
    assert_eq!(late(&mut pool, 15), [first]);
    assert_eq!(pool.waiting(), 0);
    assert_eq!(pool.next_deadline(), None);
    assert!(!pool.cancel(first));
}

#[test]
fn waiters_are_late_in_the_order_in_which_they_came() {
    let mut pool = patient(per_origin(1), 10);
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    active(&mut pool, b);
    let x = waiter_at(&mut pool, b, 0);
    let y = waiter_at(&mut pool, a, 0);
    let z = waiter_at(&mut pool, b, 3);
    assert_eq!(late(&mut pool, 12), [x, y]);
    assert_eq!(pool.next_deadline(), Some(13));
    assert_eq!(late(&mut pool, 13), [z]);
}

#[test]
fn late_waiter_passes_its_turn_on() {
    let mut pool = patient(total(1), 10);
    let (a, b) = (pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    let of_b = waiter_at(&mut pool, b, 0);
    let of_a = waiter_at(&mut pool, a, 1);
    assert_eq!(late(&mut pool, 10), [of_b]);
    assert_eq!(gone(&mut pool), [b]);
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [of_a]);
}

#[test]
fn first_of_an_idle_slot_and_a_waiter_is_the_next_deadline() {
    let mut pool = patient(per_origin(1), 10);
    let (a, b) = (pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    active(&mut pool, b);
    assert!(pool.park(slot, 0, Some(12)));
    assert_eq!(pool.next_deadline(), Some(12));
    waiter_at(&mut pool, b, 1);
    assert_eq!(pool.next_deadline(), Some(11));
    pool.expire(11);
    assert_eq!(drops(&mut pool), []);
}

#[test]
fn waiters_may_wait_for_ever() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    active(&mut pool, a);
    waiter(&mut pool, a);
    assert_eq!(pool.next_deadline(), None);
    assert_eq!(pool.poll_late(u64::MAX), None);
}
