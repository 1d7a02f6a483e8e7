use super::*;

#[test]
fn a_parked_connection_is_claimed_once() {
    let gate = Gate::default();
    assert!(!gate.claim());
    assert!(gate.park(true));
    assert!(!gate.park(true));
    assert!(gate.claim());
    assert!(!gate.claim());
    assert_eq!(gate.epoch(), 1);
}

#[test]
fn a_dead_connection_is_neither_parked_nor_claimed() {
    let gate = Gate::default();
    gate.kill();
    assert!(!gate.park(true));

    for used in [true, false] {
        let gate = Gate::default();
        assert!(gate.park(used));
        gate.kill();
        assert!(!gate.claim());
    }
}

#[test]
fn bytes_before_the_first_request_byte_of_an_epoch_are_unsolicited() {
    let gate = Gate::default();
    assert_eq!(gate.reading(0), Reading::Allowed { epoch: 0 });
    assert!(gate.park(true));
    assert_eq!(gate.reading(0), Reading::Unsolicited);
    assert!(gate.claim());
    assert_eq!(gate.reading(0), Reading::Unsolicited);
    assert_eq!(gate.reading(1), Reading::Allowed { epoch: 1 });
}

#[test]
fn a_connection_that_nobody_used_is_a_fresh_one() {
    let gate = Gate::default();
    assert!(gate.pass_on(false));
    assert_eq!(gate.reading(0), Reading::Allowed { epoch: 0 });
    assert!(gate.park(false));
    assert_eq!(gate.reading(0), Reading::Unsolicited);
    assert!(gate.claim());
    assert_eq!(gate.reading(0), Reading::Allowed { epoch: 0 });
    assert!(gate.pass_on(true));
    assert_eq!(gate.reading(0), Reading::Unsolicited);
    assert!(gate.park(true));
    assert!(gate.claim());
    assert_eq!(gate.epoch(), 2);
}
