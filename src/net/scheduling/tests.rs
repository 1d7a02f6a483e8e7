use super::*;

const BUSY: Duration = Duration::from_millis(100);

fn many(bytes: u64) -> Moved {
    Moved {
        calls: 500,
        bytes: 500 * bytes,
        large_run: 0,
    }
}

#[test]
fn a_thread_busy_with_small_pieces_interrupts_nobody() {
    assert_eq!(policy_after(BUSY, many(300)), Policy::Batch);
}

#[test]
fn a_thread_with_little_to_do_or_with_a_large_body_runs_at_once() {
    assert_eq!(policy_after(WINDOW_MAX * 2, many(300)), Policy::Normal);
    assert_eq!(policy_after(BUSY, many(64 << 10)), Policy::Normal);
    assert_eq!(policy_after(BUSY, Moved::default()), Policy::Normal);
}

#[test]
fn each_window_begins_anew() {
    let window = |bytes| {
        for _ in 0..WINDOW_TURNS - 1 {
            moved(bytes);
            turn_ended();
        }
        assert!(MOVED.get().calls > 0);
        turn_ended();
        MOVED.get().calls
    };
    assert_eq!([window(100), window(1 << 20)], [0, 0]);
}

#[test]
fn a_large_body_is_not_waited_for_until_the_window_ends() {
    POLICY.set(Some(Policy::Batch));
    for bytes in [64 << 10, 100].repeat(100) {
        moved(bytes);
    }
    assert_eq!(POLICY.get(), Some(Policy::Batch));
    for _ in 0..LARGE_RUN {
        moved(64 << 10);
    }
    assert_eq!(POLICY.get(), Some(Policy::Normal));
}

#[cfg(target_os = "linux")]
#[test]
fn a_normal_thread_is_changed_and_any_other_is_left_alone() {
    begin();
    let inherited = policy();
    // Whoever runs the tests may have chosen another policy, or a filter.
    let expected = |ours: libc::c_int| match POLICY.get() {
        Some(_) => ours.into(),
        None => inherited,
    };
    adopt(Policy::Batch);
    assert_eq!(policy(), expected(libc::SCHED_BATCH));
    let helper = || {
        helper_started();
        policy()
    };
    assert_eq!(
        std::thread::spawn(helper).join().unwrap(),
        expected(libc::SCHED_OTHER)
    );
    adopt(Policy::Normal);
    assert_eq!(policy(), expected(libc::SCHED_OTHER));
}
