use super::*;

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
