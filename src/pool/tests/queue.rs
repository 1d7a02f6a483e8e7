use super::*;

#[test]
fn waiters_are_served_in_the_order_they_came() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let waiting: [WaiterId; 3] = std::array::from_fn(|_| waiter(&mut pool, a));
    assert!(pool.waiters(a).eq(waiting));
    for waiter in waiting {
        assert_eq!(pool.checkin(slot, 0), Checkin::Serve(waiter));
        assert_eq!(pool.counts(a).0, 1);
    }
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
}

#[test]
fn cancelled_waiter_passes_slot_on() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let [x, y, z] = std::array::from_fn(|_| waiter(&mut pool, a));
    assert!(pool.cancel(x));
    assert_eq!(pool.checkin(slot, 0), Checkin::Serve(y));
    assert!(pool.waiters(a).eq([z]));
}

#[test]
fn waiter_cancelled_in_the_middle_leaves_its_neighbours() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    active(&mut pool, a);
    let [x, y, z] = std::array::from_fn(|_| waiter(&mut pool, a));
    assert!(pool.cancel(y));
    assert!(pool.waiters(a).eq([x, z]));
    assert!(!pool.cancel(y));
}

#[test]
fn removed_slot_lets_the_next_waiter_open() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let [x, y] = std::array::from_fn(|_| waiter(&mut pool, a));
    assert!(pool.remove(slot));
    assert!(pool.has_outputs());
    let (opened, new) = pool.poll_open().expect("there is room");
    assert_eq!(opened, x);
    assert!(pool.active(a).eq([new]));
    assert!(pool.waiters(a).eq([y]));
    assert_eq!(pool.poll_open(), None);
}

#[test]
fn failed_connect_lets_the_next_waiter_open() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let Checkout::Open(opening) = checkout(&mut pool, a) else {
        panic!("should have opened");
    };
    let next = waiter(&mut pool, a);
    assert!(pool.remove(opening));
    assert_eq!(opens(&mut pool), [next]);
}

#[test]
fn closed_slot_holds_its_place_until_removed() {
    let mut pool = pool(Limits {
        per_origin: 1,
        free_per_origin: 0,
        ..UNLIMITED
    });
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    let next = waiter(&mut pool, a);
    assert!(pool.active(a).eq([slot]));
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    assert!(!pool.park(slot, 0, None));
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [next]);
}

#[test]
fn new_request_does_not_overtake_waiters_that_can_open() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let first = waiter(&mut pool, a);
    assert!(pool.remove(slot));
    let second = waiter(&mut pool, a);
    pool.set_limits(per_origin(2));
    assert_eq!(opens(&mut pool), [first, second]);
}

#[test]
fn new_request_of_another_origin_does_not_take_room_made_for_a_waiter() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    let first = waiter(&mut pool, a);
    assert!(pool.remove(slot));
    let second = waiter(&mut pool, b);
    assert_eq!(opens(&mut pool), [first]);
    assert!(pool.waiters(b).eq([second]));
}

#[test]
fn slot_is_not_parked_when_a_request_queued_meanwhile() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
    let meanwhile = waiter(&mut pool, a);
    assert!(!pool.park(slot, 0, None));
    assert_eq!(pool.checkin(slot, 0), Checkin::Serve(meanwhile));
}

#[test]
fn slot_opened_by_a_program_serves_waiters() {
    let mut pool = pool(per_origin(0));
    let a = pool.origin();
    let waiting = waiter(&mut pool, a);
    let slot = pool.open(a).expect("origin is known");
    assert!(pool.attach(slot, FOREIGN, 0));
    assert_eq!(pool.checkin(slot, 0), Checkin::Serve(waiting));
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
}

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
