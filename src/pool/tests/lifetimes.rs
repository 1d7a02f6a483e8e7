use super::*;

const NONE: Lifetimes = Lifetimes {
    idle: None,
    age: None,
    requests: None,
    wait: None,
};

fn pool_with(limits: Limits, lifetimes: Lifetimes) -> Pool {
    let mut pool = pool(limits);
    pool.set_lifetimes(lifetimes, 1);
    pool
}

fn aged(age: u64) -> Pool {
    let age = Some(age);
    pool_with(UNLIMITED, Lifetimes { age, ..NONE })
}

fn counted(requests: u32) -> Pool {
    let requests = Some(requests);
    pool_with(per_origin(1), Lifetimes { requests, ..NONE })
}

/// Bounds below ten are not drawn, so that these tests know when a life ends.
const SHORT: u64 = 9;

#[test]
fn slot_rests_as_long_as_it_may() {
    let idle = Some(SHORT);
    let mut pool = pool_with(UNLIMITED, Lifetimes { idle, ..NONE });
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.park(slot, 100, None));
    assert_eq!(pool.deadline(slot), Some(109));
    assert_eq!(pool.next_deadline(), Some(109));
    pool.expire(108);
    assert_eq!(drops(&mut pool), []);
    pool.expire(109);
    assert_eq!(drops(&mut pool), [slot]);
}

#[test]
fn rest_begins_anew_with_each_parking() {
    let idle = Some(SHORT);
    let mut pool = pool_with(UNLIMITED, Lifetimes { idle, ..NONE });
    let a = pool.origin();
    let slot = active(&mut pool, a);
    for now in [0, 8, 16, 24] {
        assert!(pool.park(slot, now, None));
        assert_eq!(pool.deadline(slot), Some(now + SHORT));
        assert_eq!(
            pool.checkout(a, now + 8, alive),
            Some(Checkout::Reuse(slot))
        );
        assert_eq!(pool.deadline(slot), None);
    }
}

#[test]
fn first_of_all_deadlines_counts() {
    let lifetimes = Lifetimes {
        idle: Some(5),
        age: Some(9),
        ..NONE
    };
    let mut pool = pool_with(UNLIMITED, lifetimes);
    let a = pool.origin();
    for (now, of_caller, first) in [
        (0, None, 5),
        (0, Some(3), 3),
        (0, Some(7), 5),
        (6, None, 9),
        (6, Some(7), 7),
    ] {
        let slot = active(&mut pool, a);
        assert!(pool.park(slot, now, of_caller));
        assert_eq!(pool.deadline(slot), Some(first));
        assert!(pool.remove(slot));
    }
}

#[test]
fn old_slot_is_not_kept() {
    let mut pool = aged(SHORT);
    let a = pool.origin();
    let [x, y] = std::array::from_fn(|_| active(&mut pool, a));
    assert_eq!(pool.checkin(x, 8), Checkin::Park);
    assert!(!pool.park(x, 9, None));
    assert_eq!(pool.checkin(y, 9), Checkin::Close);
}

#[test]
fn old_slot_serves_no_waiter_and_its_room_does() {
    let age = Some(SHORT);
    let mut pool = pool_with(per_origin(1), Lifetimes { age, ..NONE });
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let of_a = waiter(&mut pool, a);
    assert_eq!(pool.checkin(slot, 9), Checkin::Close);
    assert_eq!(opens(&mut pool), []);
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [of_a]);
}

#[test]
fn old_idle_slot_is_not_reused() {
    let mut pool = aged(SHORT);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.park(slot, 1, None));
    let answer = pool.checkout(a, 9, |_| panic!("old slots are not claimed"));
    assert!(matches!(answer, Some(Checkout::Open(_))));
    assert_eq!(drops(&mut pool), [slot]);
}

#[test]
fn age_counts_from_the_attachment() {
    let mut pool = aged(SHORT);
    let a = pool.origin();
    let Checkout::Open(slot) = checkout(&mut pool, a) else {
        panic!("should have opened");
    };
    assert!(pool.attach(slot, 0, 50));
    assert_eq!(pool.checkin(slot, 58), Checkin::Park);
    // It goes on over another connection, which is young.
    assert!(pool.attach(slot, 1, 58));
    assert_eq!(pool.checkin(slot, 59), Checkin::Park);
    assert_eq!(pool.checkin(slot, 67), Checkin::Close);
}

#[test]
fn slot_serves_as_many_requests_as_it_may() {
    let mut pool = counted(3);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    park(&mut pool, slot);
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(slot));
    let of_a = waiter(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Serve(of_a));
    let last = waiter(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    assert!(pool.remove(slot));
    assert_eq!(opens(&mut pool), [last]);
}

#[test]
fn slot_that_may_serve_once_is_not_kept() {
    let mut pool = counted(1);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(!pool.park(slot, 0, None));
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
}

#[test]
fn retired_slot_closes_whoever_waits() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    waiter(&mut pool, a);
    assert!(pool.retire(slot));
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    assert!(!pool.retire(slot));
}

#[test]
fn retired_slot_that_goes_on_over_another_connection_lives() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.retire(slot));
    assert!(pool.attach(slot, 7, 0));
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
}

#[test]
fn lives_of_a_fleet_end_apart_and_within_their_bounds() {
    const FLEET: usize = 1000;
    let lifetimes = Lifetimes {
        idle: Some(10_000),
        age: Some(60_000),
        requests: Some(500),
        wait: None,
    };
    let mut pool = pool_with(UNLIMITED, lifetimes);
    let a = pool.origin();
    let slots: Vec<SlotId> = (0..FLEET).map(|_| active(&mut pool, a)).collect();
    let lives: Vec<Left> = slots.iter().filter_map(|&slot| pool.left(slot)).collect();
    let until = |left: &Left| left.until.expect("ages are bounded");
    let requests = |left: &Left| left.requests.expect("requests are counted");
    assert!(
        lives
            .iter()
            .all(|left| (54_000..=60_000).contains(&until(left)))
    );
    // Besides the one that it has.
    assert!(
        lives
            .iter()
            .all(|left| (449..=499).contains(&requests(left)))
    );
    let mut ends: Vec<u64> = lives.iter().map(until).collect();
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() > FLEET / 2);

    let mut rests: Vec<u64> = Vec::new();
    for slot in slots {
        assert!(pool.park(slot, 0, None));
        rests.extend(pool.deadline(slot));
    }
    assert_eq!(rests.len(), FLEET);
    assert!(rests.iter().all(|rest| (9_000..=10_000).contains(rest)));
    rests.sort_unstable();
    rests.dedup();
    assert!(rests.len() > FLEET / 3);
}

#[test]
fn pool_without_lifetimes_bounds_nothing() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert_eq!(pool.left(slot), Some(Left::default()));
    for _ in 0..100 {
        assert_eq!(pool.checkin(slot, u64::MAX), Checkin::Park);
        assert!(pool.park(slot, u64::MAX, None));
        assert_eq!(
            pool.checkout(a, u64::MAX, alive),
            Some(Checkout::Reuse(slot))
        );
    }
    assert_eq!(pool.next_deadline(), None);
}

/// An idle slot that must be gone at this time.
fn idle_until(pool: &mut Pool, origin: OriginId, deadline: u64) -> SlotId {
    let slot = active(pool, origin);
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
    assert!(pool.park(slot, 0, Some(deadline)));
    slot
}

#[test]
fn slot_expires_at_its_deadline_not_before() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = idle_until(&mut pool, a, 10);
    pool.expire(9);
    assert_eq!(drops(&mut pool), []);
    pool.expire(10);
    assert_eq!(pool.total(), 0);
    assert_eq!(drops(&mut pool), [slot]);
    assert_eq!(gone(&mut pool), [a]);
}

#[test]
fn slots_expire_in_the_order_of_their_deadlines() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [x, y, z] = std::array::from_fn(|_| active(&mut pool, a));
    for (slot, deadline) in [(x, 30), (y, 10), (z, 20)] {
        assert!(pool.park(slot, 0, Some(deadline)));
    }
    assert_eq!(pool.next_deadline(), Some(10));
    pool.expire(20);
    assert_eq!(drops(&mut pool), [y, z]);
    assert_eq!(pool.next_deadline(), Some(30));
}

#[test]
fn slot_without_deadline_stays() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [slot] = idle(&mut pool, a);
    assert_eq!(pool.next_deadline(), None);
    pool.expire(u64::MAX);
    assert!(pool.idle(a).eq([slot]));
}

#[test]
fn checkout_does_not_reuse_a_slot_past_its_deadline() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = idle_until(&mut pool, a, 10);
    let answer = pool.checkout(a, 10, |_| panic!("expired slots are not claimed"));
    assert!(matches!(answer, Some(Checkout::Open(_))));
    assert_eq!(drops(&mut pool), [slot]);
}

#[test]
fn reused_slot_has_no_deadline() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = idle_until(&mut pool, a, 10);
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(slot));
    assert_eq!(pool.next_deadline(), None);
    pool.expire(10);
    assert!(pool.active(a).eq([slot]));
}

#[test]
fn removed_slot_has_no_deadline() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = idle_until(&mut pool, a, 10);
    assert!(pool.remove(slot));
    assert_eq!(pool.next_deadline(), None);
}

#[test]
fn due_slots_are_those_that_expire() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slots: [SlotId; 3] = std::array::from_fn(|_| active(&mut pool, a));
    for (slot, deadline) in slots.into_iter().zip([Some(5), Some(6), None]) {
        assert_eq!(pool.checkin(slot, 0), Checkin::Park);
        assert!(pool.park(slot, 0, deadline));
    }
    assert!(pool.due(4).eq([]));
    assert!(pool.due(5).eq([slots[0]]));
    assert!(pool.idle(a).eq(slots));
    pool.expire(5);
    assert!(pool.due(5).eq([]));
    assert!(pool.due(u64::MAX).eq([slots[1]]));
}
