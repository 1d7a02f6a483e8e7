use super::*;

#[test]
fn request_waits_at_the_limit_of_its_origin() {
    let mut pool = pool(per_origin(2));
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    active(&mut pool, a);
    waiter(&mut pool, a);
    active(&mut pool, b);
}

#[test]
fn opening_slots_count() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    assert!(matches!(checkout(&mut pool, a), Checkout::Open(_)));
    waiter(&mut pool, a);
    assert_eq!(pool.counts(a), (1, 0, 1));
    assert_eq!(pool.total(), 1);
}

#[test]
fn request_waits_at_the_total() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    waiter(&mut pool, b);
}

#[test]
fn zero_lets_nothing_open() {
    for limits in [per_origin(0), total(0)] {
        let mut pool = pool(limits);
        let a = pool.origin();
        let waiting = waiter(&mut pool, a);
        assert_eq!(pool.poll_open(), None);
        assert!(!pool.has_outputs());
        pool.set_limits(UNLIMITED);
        assert_eq!(opens(&mut pool), [waiting]);
    }
}

#[test]
fn no_more_idle_slots_are_kept_than_allowed() {
    let mut pool = pool(Limits {
        free_per_origin: 1,
        ..UNLIMITED
    });
    let a = pool.origin();
    let [x, y] = std::array::from_fn(|_| active(&mut pool, a));
    park(&mut pool, x);
    assert_eq!(pool.checkin(y, 0), Checkin::Close);
}

#[test]
fn least_recently_parked_slot_makes_way_under_total() {
    let mut pool = pool(total(2));
    let (a, b, c) = (pool.origin(), pool.origin(), pool.origin());
    let [of_a, of_b] = [a, b].map(|origin| active(&mut pool, origin));
    park(&mut pool, of_b);
    park(&mut pool, of_a);
    active(&mut pool, c);
    assert_eq!(drops(&mut pool), [of_b]);
    assert_eq!(gone(&mut pool), [b]);
    assert_eq!(pool.total(), 2);
}

#[test]
fn idle_slot_does_not_make_way_for_an_origin_at_its_own_limit() {
    let mut pool = pool(Limits {
        per_origin: 1,
        total: 2,
        ..UNLIMITED
    });
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    idle::<1>(&mut pool, b);
    waiter(&mut pool, a);
    assert!(!pool.has_outputs());
}

#[test]
fn idle_slot_makes_way_for_a_waiter() {
    let mut pool = pool(Limits {
        per_origin: 1,
        total: 2,
        ..UNLIMITED
    });
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    let [slot] = idle(&mut pool, b);
    let waiting = waiter(&mut pool, a);
    pool.set_limits(total(2));
    assert_eq!(opens(&mut pool), [waiting]);
    assert_eq!(drops(&mut pool), [slot]);
    assert_eq!(pool.total(), 2);
}

#[test]
fn idle_slots_are_kept_when_losing_them_would_not_help() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    let [kept] = idle(&mut pool, a);
    let outside = pool.open(b).expect("origin is known");
    assert!(pool.attach(outside, FOREIGN, 0));
    waiter(&mut pool, b);
    assert_eq!(drops(&mut pool), []);
    assert!(pool.idle(a).eq([kept]));
}

#[test]
fn as_many_idle_slots_make_way_as_it_takes() {
    let mut pool = pool(total(2));
    let (a, b, c) = (pool.origin(), pool.origin(), pool.origin());
    let [x, y] = idle(&mut pool, a);
    let outside = pool.open(b).expect("origin is known");
    assert!(pool.attach(outside, FOREIGN, 0));
    active(&mut pool, c);
    assert_eq!(drops(&mut pool), [x, y]);
    assert_eq!(pool.total(), 2);
}

#[test]
fn slot_opened_by_a_program_passes_the_limits_and_counts() {
    let mut pool = pool(Limits {
        per_origin: 1,
        total: 1,
        ..UNLIMITED
    });
    let (a, b) = (pool.origin(), pool.origin());
    let first = active(&mut pool, a);
    let second = pool.open(a).expect("origin is known");
    assert!(pool.attach(second, FOREIGN, 0));
    assert_eq!(pool.counts(a), (2, 0, 0));
    waiter(&mut pool, b);
    assert_eq!(pool.checkin(second, 0), Checkin::Close);
    assert!(pool.remove(second));
    assert_eq!(pool.poll_open(), None);
    assert!(pool.remove(first));
    assert_eq!(opens(&mut pool).len(), 1);
}

#[test]
fn raised_limit_of_origins_lets_waiters_open() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    active(&mut pool, a);
    let waiting: [WaiterId; 3] = std::array::from_fn(|_| waiter(&mut pool, a));
    pool.set_limits(per_origin(3));
    assert_eq!(opens(&mut pool), waiting[..2]);
    assert_eq!(pool.counts(a), (3, 0, 1));
}

#[test]
fn raised_total_lets_waiters_open_by_age() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    active(&mut pool, a);
    let waiting = [b, a, b].map(|origin| waiter(&mut pool, origin));
    pool.set_limits(total(3));
    assert_eq!(opens(&mut pool), waiting[..2]);
}

#[test]
fn lowered_limit_of_origins_closes_slots_as_they_come_free() {
    let mut pool = pool(per_origin(3));
    let a = pool.origin();
    let [x, y, z] = std::array::from_fn(|_| active(&mut pool, a));
    pool.set_limits(per_origin(1));
    assert_eq!(pool.checkin(x, 0), Checkin::Close);
    assert_eq!(pool.checkin(y, 0), Checkin::Close);
    // Both are on their way out, so the third is within the limit.
    park(&mut pool, z);
}

#[test]
fn lowered_total_closes_slots_as_they_come_free() {
    let mut pool = pool(total(2));
    let (a, b) = (pool.origin(), pool.origin());
    let [x, y] = [a, b].map(|origin| active(&mut pool, origin));
    pool.set_limits(total(1));
    assert_eq!(pool.checkin(x, 0), Checkin::Close);
    // The first is on its way out, so the second is within the limit.
    park(&mut pool, y);
}

#[test]
fn lowered_limits_let_the_oldest_idle_slots_go_at_once() {
    for limits in [
        per_origin(1),
        total(1),
        Limits {
            free_per_origin: 1,
            ..UNLIMITED
        },
    ] {
        let mut pool = pool(UNLIMITED);
        let a = pool.origin();
        let [x, y, z] = idle(&mut pool, a);
        pool.set_limits(limits);
        assert_eq!(drops(&mut pool), [x, y]);
        assert!(pool.idle(a).eq([z]));
    }
}

#[test]
fn lowered_limit_still_serves_waiters_on_slots_in_use() {
    let mut pool = pool(per_origin(2));
    let a = pool.origin();
    let [x, _] = std::array::from_fn(|_| active(&mut pool, a));
    let waiting = waiter(&mut pool, a);
    pool.set_limits(per_origin(1));
    assert_eq!(pool.checkin(x, 0), Checkin::Serve(waiting));
    assert_eq!(pool.checkin(x, 0), Checkin::Close);
}

#[test]
fn slot_is_not_parked_when_the_limit_fell_meanwhile() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
    pool.set_limits(Limits {
        free_per_origin: 0,
        ..UNLIMITED
    });
    assert!(!pool.park(slot, 0, None));
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
}
