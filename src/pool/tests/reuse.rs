use super::*;

#[test]
fn first_request_opens() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.active(a).eq([slot]));
    assert_eq!(pool.counts(a), (1, 0, 0));
    assert_eq!(pool.total(), 1);
}

#[test]
fn parked_slot_is_reused() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [slot] = idle(&mut pool, a);
    assert_eq!(pool.counts(a), (0, 1, 0));
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(slot));
    assert_eq!(pool.counts(a), (1, 0, 0));
}

#[test]
fn slot_of_another_origin_is_not_reused() {
    let mut pool = pool(UNLIMITED);
    let (a, b) = (pool.origin(), pool.origin());
    let [slot] = idle(&mut pool, a);
    assert!(matches!(checkout(&mut pool, b), Checkout::Open(other) if other != slot));
}

#[test]
fn lifo_reuses_the_slot_parked_last() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [first, second] = idle(&mut pool, a);
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(second));
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(first));
}

#[test]
fn fifo_reuses_the_slot_parked_first() {
    let mut pool = pool(UNLIMITED);
    pool.set_scheduling(Scheduling::Fifo);
    let a = pool.origin();
    let [first, second] = idle(&mut pool, a);
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(first));
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(second));
}

#[test]
fn views_show_slots_in_the_order_they_joined() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [x, y, z] = std::array::from_fn(|_| active(&mut pool, a));
    park(&mut pool, y);
    park(&mut pool, x);
    assert!(pool.idle(a).eq([y, x]));
    assert_eq!(checkout(&mut pool, a), Checkout::Reuse(x));
    assert!(pool.active(a).eq([z, x]));
}

#[test]
fn dead_slot_is_dropped_and_the_next_one_tried() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [alive, dead] = idle(&mut pool, a);
    let mut asked = Vec::new();
    let answer = pool.checkout(a, 0, |carrier| {
        asked.push(carrier);
        carrier != dead
    });
    assert_eq!(answer, Some(Checkout::Reuse(alive)));
    assert_eq!(asked, [dead, alive]);
    assert_eq!(drops(&mut pool), [dead]);
    assert_eq!(pool.total(), 1);
}

#[test]
fn claim_is_not_asked_about_a_slot_that_was_removed() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [slot] = idle(&mut pool, a);
    assert!(pool.remove(slot));
    let answer = pool.checkout(a, 0, |_| panic!("nothing to claim"));
    assert!(matches!(answer, Some(Checkout::Open(_))));
}

#[test]
fn idle_slot_that_a_program_takes_is_active() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [x, y, z] = idle(&mut pool, a);
    assert!(pool.take(y, 0, alive));
    assert!(pool.active(a).eq([y]));
    assert!(pool.idle(a).eq([x, z]));
    assert!(!pool.take(y, 0, alive));
    assert_eq!(pool.checkin(y, 0), Checkin::Park);
}

#[test]
fn dead_or_expired_slot_cannot_be_taken() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert_eq!(pool.checkin(slot, 0), Checkin::Park);
    assert!(pool.park(slot, 0, Some(5)));
    assert!(!pool.take(slot, 0, |_| false));
    assert!(!pool.take(slot, 5, alive));
    assert!(pool.idle(a).eq([slot]));
}

#[test]
fn when_every_slot_is_dead_the_request_opens() {
    let mut pool = pool(per_origin(2));
    let a = pool.origin();
    let [first, second] = idle(&mut pool, a);
    let answer = pool.checkout(a, 0, |_| false);
    assert!(matches!(answer, Some(Checkout::Open(_))));
    assert_eq!(drops(&mut pool), [second, first]);
    assert_eq!(gone(&mut pool), []);
}

#[test]
fn foreign_slot_is_pooled_alike() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = pool.open(a).expect("origin is known");
    assert!(pool.attach(slot, FOREIGN, 0));
    park(&mut pool, slot);
    let answer = pool.checkout(a, 0, |carrier| carrier == FOREIGN);
    assert_eq!(answer, Some(Checkout::Reuse(slot)));
}
