use super::*;

const READ: usize = CHUNK_BYTES_MAX;

/// Reads until there is no demand: how many bytes that was.
fn read_on(intake: &mut Intake, all: &ReadAhead) -> usize {
    let mut bytes = 0;
    while let Demand::Now(read) = intake.demand(all, Waker::noop()) {
        intake.add(all, read);
        bytes += read;
    }
    bytes
}

/// A connection that was taken as fast as it came, with nothing on its way.
fn flowing(all: &ReadAhead) -> Intake {
    let mut intake = Intake::default();
    while intake.trust < TRUST_MAX {
        let bytes = read_on(&mut intake, all);
        intake.take(all, bytes);
    }
    intake
}

fn used(all: &ReadAhead) -> usize {
    all.0.load(Ordering::Relaxed)
}

#[test]
fn nothing_is_on_its_way_to_a_reader_that_is_paused_at_once() {
    let all = ReadAhead::default();
    let mut intake = Intake::default();
    let bytes = read_on(&mut intake, &all);
    assert_eq!(bytes, FIRST_READ_BYTES);
    intake.pause();
    assert!(intake.take(&all, bytes).is_some());
    assert_eq!(intake.demand(&all, Waker::noop()), Demand::Paused);
    assert_eq!(used(&all), 0);
}

#[test]
fn small_answers_hold_up_nobody() {
    let all = ReadAhead::default();
    let mut intake = Intake::default();
    intake.add(&all, LEAST_BYTES - 1);
    assert!(!intake.may_hold_up());
    assert!(matches!(intake.demand(&all, Waker::noop()), Demand::Now(_)));
    intake.add(&all, 1);
    assert!(intake.may_hold_up());
    assert_eq!(intake.demand(&all, Waker::noop()), Demand::Later);
}

#[test]
fn a_reader_that_waits_is_woken_however_the_rest_is_cut() {
    let all = ReadAhead::default();
    let mut intake = Intake::default();
    // Of an answer before nobody has said yet that it is dealt with.
    let (before, next) = (LEAST_BYTES - 1, LEAST_BYTES / 2 + 1);
    intake.add(&all, before);
    intake.add(&all, next);
    assert_eq!(intake.demand(&all, Waker::noop()), Demand::Later);
    assert!(intake.take(&all, before).is_none());
    assert!(intake.may_hold_up());
    assert!(intake.take(&all, next).is_some());
    assert!(!intake.may_hold_up());
}

#[test]
fn who_takes_what_comes_is_read_ahead_within_a_window() {
    let all = ReadAhead::default();
    let mut intake = flowing(&all);
    assert_eq!(used(&all), 0);
    assert_eq!(read_on(&mut intake, &all), WINDOW_BYTES);
    assert!(used(&all) > 0);
    assert!(intake.take(&all, WINDOW_BYTES / 4).is_none());
    assert!(intake.take(&all, WINDOW_BYTES / 4).is_some());
    intake.take(&all, WINDOW_BYTES / 2);
    assert_eq!(used(&all), 0);
}

#[test]
fn a_reader_that_takes_little_between_its_pauses_loses_its_window() {
    let all = ReadAhead::default();
    for (taken, expected) in [
        (PAUSE_BYTES, WINDOW_BYTES),
        (PAUSE_BYTES / 2, FIRST_READ_BYTES),
    ] {
        let mut intake = flowing(&all);
        for _ in 0..16 {
            intake.pause();
            intake.resume(&all);
            intake.add(&all, taken);
            intake.take(&all, taken);
        }
        assert_eq!(read_on(&mut intake, &all), expected);
        intake.end(&all);
    }
}

#[test]
fn what_paused_readers_were_given_stays_counted_until_they_go_on_or_end() {
    let all = ReadAhead::default();
    let mut paused: Vec<_> = (0..2).map(|_| flowing(&all)).collect();
    for intake in &mut paused {
        read_on(intake, &all);
        intake.pause();
        intake.take(&all, WINDOW_BYTES);
    }
    let both = used(&all);
    assert_eq!(both, 2 * (WINDOW_BYTES - READ));
    paused[0].resume(&all);
    assert_eq!(used(&all), both / 2);
    paused[1].end(&all);
    assert_eq!(used(&all), 0);
}

#[test]
fn all_together_stay_within_the_allowance_and_nobody_is_stopped_by_the_others() {
    let all = ReadAhead::default();
    let mut paused: Vec<_> = (0..100).map(|_| flowing(&all)).collect();
    for intake in &mut paused {
        let bytes = read_on(intake, &all);
        intake.pause();
        intake.take(&all, bytes);
    }
    assert!((ALLOWANCE_BYTES..ALLOWANCE_BYTES + READ).contains(&used(&all)));
    let mut reading = flowing(&all);
    assert_eq!(read_on(&mut reading, &all), READ);
}
