use super::*;

const MANY_LOOKS: u32 = 20 * LOOKS;

fn traffic(bytes: usize) -> Traffic {
    Traffic { bytes }
}

fn after(policy: &mut CarrierPolicy, looks: u32, events: usize) -> Carrier {
    for _ in 0..looks {
        policy.looked(events);
    }
    policy.between(&traffic(100))
}

#[test]
fn bulk_is_the_threads() {
    let policy = CarrierPolicy::new(Mode::Auto);
    assert_eq!(policy.within(&traffic(0)), Carrier::EventLoop);
    assert_eq!(policy.within(&traffic(BULK_BYTES)), Carrier::EventLoop);
    assert_eq!(policy.within(&traffic(BULK_BYTES + 1)), Carrier::Thread);
    assert_eq!(policy.between(&traffic(BULK_BYTES + 1)), Carrier::Thread);
}

#[test]
fn one_carrier_alone_keeps_all() {
    for bytes in [0, usize::MAX] {
        for (mode, carrier) in [
            (Mode::Thread, Carrier::Thread),
            (Mode::Loop, Carrier::EventLoop),
        ] {
            let mut policy = CarrierPolicy::new(mode);
            for events in [0, 1000] {
                after(&mut policy, MANY_LOOKS, events);
                assert_eq!(policy.within(&traffic(bytes)), carrier);
                assert_eq!(policy.between(&traffic(bytes)), carrier);
            }
        }
    }
}

#[test]
fn many_events_at_each_look_are_the_threads_and_few_the_event_loops() {
    let mut policy = CarrierPolicy::new(Mode::Auto);
    assert_eq!(after(&mut policy, MANY_LOOKS, 16), Carrier::EventLoop);
    assert_eq!(after(&mut policy, MANY_LOOKS, 32), Carrier::Thread);
    // An exchange that has begun is not moved for this.
    assert_eq!(policy.within(&traffic(100)), Carrier::EventLoop);
    assert_eq!(after(&mut policy, MANY_LOOKS, 9), Carrier::EventLoop);
}

#[test]
fn between_the_two_all_stays_as_it_is() {
    let mut policy = CarrierPolicy::new(Mode::Auto);
    assert_eq!(after(&mut policy, MANY_LOOKS, 15), Carrier::EventLoop);
    after(&mut policy, MANY_LOOKS, 60);
    assert_eq!(after(&mut policy, MANY_LOOKS, 15), Carrier::Thread);
}

#[test]
fn a_burst_moves_nothing() {
    let mut policy = CarrierPolicy::new(Mode::Auto);
    after(&mut policy, MANY_LOOKS, 2);
    for _ in 0..100 {
        assert_eq!(after(&mut policy, 3, 100), Carrier::EventLoop);
        assert_eq!(after(&mut policy, 97, 1), Carrier::EventLoop);
    }
}

#[test]
fn no_number_of_events_is_too_large() {
    let mut policy = CarrierPolicy::new(Mode::Auto);
    assert_eq!(after(&mut policy, MANY_LOOKS, usize::MAX), Carrier::Thread);
}
