use super::*;

#[test]
fn unknown_ids_are_refused() {
    let mut pool = pool(UNLIMITED);
    for id in [0, 7, u32::MAX] {
        assert_eq!(pool.checkout(id, 0, alive), None);
        assert_eq!(pool.open(id), None);
        assert!(!pool.attach(id, 0, 0));
        assert_eq!(pool.checkin(id, 0), Checkin::Close);
        assert!(!pool.park(id, 0, None));
        assert!(!pool.remove(id));
        assert!(!pool.cancel(id));
        assert_eq!(pool.counts(id), (0, 0, 0));
        assert_eq!(pool.active(id).count(), 0);
        assert_eq!(pool.idle(id).count(), 0);
        assert_eq!(pool.waiters(id).count(), 0);
    }
    assert!(!pool.has_outputs());
}

#[test]
fn opening_slot_cannot_be_checked_in_or_parked() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let Checkout::Open(slot) = checkout(&mut pool, a) else {
        panic!("should have opened");
    };
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    assert!(!pool.park(slot, 0, None));
    assert!(pool.attach(slot, 0, 0));
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
}

#[test]
fn idle_slot_cannot_be_checked_in_or_parked_again() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [slot] = idle(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Close);
    assert!(!pool.park(slot, 0, Some(1)));
    assert_eq!(pool.next_deadline(), None);
    assert!(pool.idle(a).eq([slot]));
}

#[test]
fn idle_slot_keeps_its_connection() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
    assert!(pool.park(slot, 0, None));
    assert!(!pool.attach(slot, 9, 0));
}

#[test]
fn active_slot_goes_on_over_another_connection() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.attach(slot, 9, 0));
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
    assert!(pool.park(slot, 0, None));
    let claimed = pool.checkout(a, 0, |carrier| carrier == 9);
    assert_eq!(claimed, Some(Checkout::Reuse(slot)));
}

#[test]
fn slot_is_removed_once() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.remove(slot));
    assert!(!pool.remove(slot));
    assert_eq!(pool.total(), 0);
}

#[test]
fn served_waiter_cannot_be_cancelled() {
    let mut pool = pool(per_origin(1));
    let a = pool.origin();
    let slot = active(&mut pool, a);
    let waiting = waiter(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Serve(waiting));
    assert!(!pool.cancel(waiting));
}
