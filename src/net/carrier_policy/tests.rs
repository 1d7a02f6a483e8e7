use super::*;

fn traffic(bytes: usize) -> Traffic {
    Traffic { bytes }
}

/// A policy, and the clock that it is shown.
struct Program {
    policy: CarrierPolicy,
    now: Instant,
}

impl Program {
    fn new(mode: Mode) -> Self {
        let now = Instant::now();
        Self {
            policy: CarrierPolicy::new(mode, now),
            now,
        }
    }

    /// Looks with an event each, and so much time between.
    fn looks(&mut self, looks: usize, under_way: usize, pause: Duration) -> &CarrierPolicy {
        for _ in 0..looks {
            self.now += pause;
            self.policy.looked(1, under_way, self.now);
        }
        &self.policy
    }

    fn busy(&mut self, under_way: usize) -> &CarrierPolicy {
        self.looks(3 * BUSY_EVENTS, under_way, Duration::from_micros(20))
    }

    fn calm(&mut self, under_way: usize) -> &CarrierPolicy {
        self.looks(3 * BUSY_EVENTS, under_way, Duration::from_micros(500))
    }
}

fn after_a_small_one(policy: &CarrierPolicy) -> Carrier {
    policy.between(&traffic(100))
}

#[test]
fn bulk_is_the_threads() {
    let Program { policy, .. } = Program::new(Mode::Auto);
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
            let mut program = Program::new(mode);
            for under_way in [1, 10_000] {
                let policy = program.busy(under_way);
                assert_eq!(policy.within(&traffic(bytes)), carrier);
                assert_eq!(policy.between(&traffic(bytes)), carrier);
            }
        }
    }
}

#[test]
fn many_exchanges_are_the_threads_and_fewer_the_event_loops() {
    let mut program = Program::new(Mode::Auto);
    assert_eq!(
        after_a_small_one(program.busy(MANY - 1)),
        Carrier::EventLoop
    );
    assert_eq!(after_a_small_one(program.busy(MANY)), Carrier::Thread);
    // An exchange that has begun is not moved for this.
    assert_eq!(program.policy.within(&traffic(100)), Carrier::EventLoop);
    // Between the two all stays as it is.
    assert_eq!(after_a_small_one(program.busy(FEWER)), Carrier::Thread);
    assert_eq!(
        after_a_small_one(program.busy(FEWER - 1)),
        Carrier::EventLoop
    );
}

#[test]
fn the_writer_sends_for_several_exchanges() {
    for mode in [Mode::Auto, Mode::Loop] {
        let mut program = Program::new(mode);
        assert!(!program.busy(SEVERAL - 1).writes_aside());
        assert!(program.busy(SEVERAL).writes_aside());
        assert!(program.busy(FEW).writes_aside());
        assert!(!program.busy(FEW - 1).writes_aside());
    }
}

#[test]
fn exchanges_that_wait_make_no_program_busy() {
    let mut program = Program::new(Mode::Auto);
    let policy = program.calm(2 * MANY);
    assert!(!policy.writes_aside());
    assert_eq!(after_a_small_one(policy), Carrier::EventLoop);
    assert!(program.busy(2 * MANY).writes_aside());
    // The first event after a rest shows that there was one.
    let policy = program.looks(1, 2 * MANY, Duration::from_secs(1));
    assert!(!policy.writes_aside());
}

#[test]
fn long_turns_that_find_much_are_busy() {
    let mut program = Program::new(Mode::Auto);
    for _ in 0..2 {
        program.now += 5 * BUSY_TIME;
        program.policy.looked(50 * BUSY_EVENTS, MANY, program.now);
    }
    assert!(program.policy.writes_aside());
}

#[test]
fn no_number_is_too_large() {
    let mut program = Program::new(Mode::Auto);
    for _ in 0..2 {
        program.policy.looked(usize::MAX, usize::MAX, program.now);
    }
    assert_eq!(after_a_small_one(&program.policy), Carrier::Thread);
}
