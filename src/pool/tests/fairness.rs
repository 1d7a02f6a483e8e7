use super::*;

#[test]
fn free_room_goes_to_the_waiter_that_waited_longest() {
    let mut pool = pool(total(1));
    let (a, b, c) = (pool.origin(), pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    let of_b = waiter(&mut pool, b);
    let of_a = waiter(&mut pool, a);
    let of_c = waiter(&mut pool, c);
    let mut held = slot;
    for expected in [of_b, of_a, of_c] {
        assert!(pool.remove(held));
        let (opened, new) = pool.poll_open().expect("there is room");
        assert_eq!(opened, expected);
        held = new;
    }
}

#[test]
fn origin_at_its_own_limit_does_not_hold_others_up() {
    let mut pool = pool(Limits {
        per_origin: 1,
        total: 2,
        ..UNLIMITED
    });
    let (a, b, c) = (pool.origin(), pool.origin(), pool.origin());
    active(&mut pool, a);
    let of_a = waiter(&mut pool, a);
    let slot = active(&mut pool, b);
    let of_c = waiter(&mut pool, c);
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [of_c]);
    assert!(pool.waiters(a).eq([of_a]));
}

#[test]
fn cancelled_waiter_loses_its_turn_to_the_next_in_time() {
    let mut pool = pool(total(1));
    let (a, b, c) = (pool.origin(), pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    let first_of_b = waiter(&mut pool, b);
    let of_c = waiter(&mut pool, c);
    waiter(&mut pool, b);
    assert!(pool.cancel(first_of_b));
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [of_c]);
}

#[test]
fn slot_without_waiters_closes_for_a_waiter_of_another_origin() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    let of_b = waiter(&mut pool, b);
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [of_b]);
    assert_eq!(gone(&mut pool), [a]);
}

#[test]
fn slot_parks_while_another_is_already_closing_for_the_waiter() {
    let mut pool = pool(total(2));
    let (a, b) = (pool.origin(), pool.origin());
    let [x, y] = std::array::from_fn(|_| active(&mut pool, a));
    let of_b = waiter(&mut pool, b);
    assert_eq!(pool.checkin(x, 0), Checkin::Close);
    park(&mut pool, y);
    // The caller polls before the first one is removed: the idle slot makes way, nobody waits.
    assert_eq!(opens(&mut pool), [of_b]);
    assert_eq!(drops(&mut pool), [y]);
}

#[test]
fn slot_parks_when_the_other_waiter_is_held_back_by_its_own_origin() {
    let mut pool = pool(per_origin(1));
    let (a, b) = (pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    active(&mut pool, b);
    waiter(&mut pool, b);
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
}

#[test]
fn longer_waiting_origin_is_passed_over_only_so_often() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    let of_b = waiter(&mut pool, b);
    for _ in 0..MAX_PASSES {
        let of_a = waiter(&mut pool, a);
        assert_eq!(pool.checkin(slot, 0), Checkin::Serve(of_a));
    }
    let of_a = waiter(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [of_b]);
    assert!(pool.waiters(a).eq([of_a]));
}

#[test]
fn waiter_that_could_open_is_not_passed_over() {
    let mut pool = pool(total(2));
    let (a, b) = (pool.origin(), pool.origin());
    let [x, y] = std::array::from_fn(|_| active(&mut pool, a));
    let of_b = waiter(&mut pool, b);
    assert!(pool.remove(y));
    for _ in 0..=MAX_PASSES {
        let of_a = waiter(&mut pool, a);
        assert_eq!(pool.checkin(x, 0), Checkin::Serve(of_a));
    }
    assert_eq!(opens(&mut pool), [of_b]);
}

#[test]
fn one_slot_closes_for_a_passed_over_waiter_not_all() {
    let mut pool = pool(total(2));
    let (a, b) = (pool.origin(), pool.origin());
    let [x, y] = std::array::from_fn(|_| active(&mut pool, a));
    waiter(&mut pool, b);
    for _ in 0..MAX_PASSES {
        waiter(&mut pool, a);
        assert!(matches!(pool.checkin(x, 0), Checkin::Serve(_)));
    }
    waiter(&mut pool, a);
    assert_eq!(pool.checkin(x, 0), Checkin::Close);
    assert!(matches!(pool.checkin(y, 0), Checkin::Serve(_)));
}

#[test]
fn waiter_that_came_first_is_served_without_counting() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    let slot = active(&mut pool, a);
    let of_a: Vec<WaiterId> = (0..50).map(|_| waiter(&mut pool, a)).collect();
    waiter(&mut pool, b);
    for waiter in of_a {
        assert_eq!(pool.checkin(slot, 0), Checkin::Serve(waiter));
    }
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
}

#[test]
fn no_origin_starves_under_total() {
    const ORIGINS: usize = 5;
    const WAITERS: usize = 200;
    let mut pool = pool(total(2));
    let origins: [OriginId; ORIGINS] = std::array::from_fn(|_| pool.origin());
    let mut busy = vec![active(&mut pool, origins[0]), active(&mut pool, origins[0])];
    for _ in 0..WAITERS {
        for origin in origins {
            waiter(&mut pool, origin);
        }
    }
    let mut served = 0;
    while let Some(slot) = busy.pop() {
        match pool.checkin(slot, 0) {
            Checkin::Serve(_) => {
                served += 1;
                busy.push(slot);
            }
            Checkin::Park => assert!(pool.park(slot, 0, None)),
            Checkin::Close => assert!(pool.remove(slot)),
        }
        while let Some((_, slot)) = pool.poll_open() {
            served += 1;
            assert!(pool.attach(slot, slot, 0));
            busy.insert(0, slot);
        }
        // All origins go down together: none is ahead by more than its slots' passes.
        let left = origins.map(|origin| pool.counts(origin).2);
        let ahead = left.iter().max().zip(left.iter().min());
        assert!(ahead.is_some_and(|(max, min)| max - min <= 4 * u32::from(MAX_PASSES)));
    }
    assert_eq!(served, ORIGINS * WAITERS);
}
