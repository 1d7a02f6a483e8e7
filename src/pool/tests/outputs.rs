use super::*;

#[test]
fn origin_is_gone_with_its_last_slot() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let [x, y] = std::array::from_fn(|_| active(&mut pool, a));
    assert!(pool.remove(x));
    assert!(!pool.has_outputs());
    assert!(pool.remove(y));
    assert!(pool.has_outputs());
    assert_eq!(gone(&mut pool), [a]);
    assert!(!pool.has_outputs());
}

#[test]
fn origin_is_gone_with_its_last_waiter() {
    let mut pool = pool(per_origin(0));
    let a = pool.origin();
    let waiting = waiter(&mut pool, a);
    assert_eq!(gone(&mut pool), []);
    assert!(pool.cancel(waiting));
    assert_eq!(gone(&mut pool), [a]);
}

#[test]
fn origin_that_is_never_used_is_gone() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    assert_eq!(gone(&mut pool), [a]);
}

#[test]
fn empty_origin_that_is_used_again_stays() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.remove(slot));
    active(&mut pool, a);
    assert_eq!(gone(&mut pool), []);
}

#[test]
fn origin_id_is_not_used_again_before_it_was_polled() {
    let mut pool = pool(UNLIMITED);
    let a = pool.origin();
    let slot = active(&mut pool, a);
    assert!(pool.remove(slot));
    let b = pool.origin();
    assert_ne!(a, b);
    active(&mut pool, b);
    assert_eq!(gone(&mut pool), [a]);
    assert_eq!(pool.origin(), a);
}

#[test]
fn slot_id_is_not_used_again_before_its_drop_was_polled() {
    let mut pool = pool(total(1));
    let (a, b) = (pool.origin(), pool.origin());
    let [evicted] = idle(&mut pool, a);
    let slot = active(&mut pool, b);
    assert_ne!(slot, evicted);
    assert!(!pool.remove(evicted));
    assert!(!pool.attach(evicted, 0, 0));
    assert_eq!(drops(&mut pool), [evicted]);
    assert_eq!(pool.open(b), Some(evicted));
}

#[test]
fn pool_is_empty_after_a_burst() {
    let mut pool = pool(per_origin(1));
    let origins: Vec<OriginId> = (0..100).map(|_| pool.origin()).collect();
    let mut waiting = Vec::new();
    let mut slots = Vec::new();
    for origin in origins {
        slots.push(active(&mut pool, origin));
        waiting.extend((0..10).map(|_| waiter(&mut pool, origin)));
    }
    assert!(waiting.into_iter().all(|waiter| pool.cancel(waiter)));
    assert!(slots.into_iter().all(|slot| pool.remove(slot)));
    assert_eq!(gone(&mut pool).len(), 100);
    assert_eq!(pool.total(), 0);
    assert!(!pool.has_outputs());
}
