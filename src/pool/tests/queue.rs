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
