//! How the system schedules a reactor's thread beside the others, on Linux.
//!
//! Small answers come in groups, and a server or a JavaScript thread on the same CPU was interrupted
//! for each of a group: two switches of threads each, and the group was handed on one by one. Under
//! SCHED_BATCH (sched(7)) a thread that wakes waits until the one that runs sleeps or its slice ends,
//! and finds the whole group; on an idle CPU it runs at once, as ever. So that is its policy while
//! it is busy with small pieces. A large body is not: its sender would wait for every piece of its
//! way where the CPUs are full with others' work.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// Turns of the reactor after which the policy is thought over.
const WINDOW_TURNS: u32 = 256;

/// A window that took longer was of a thread with little to do: whom it interrupts, it interrupts
/// seldom.
const WINDOW_MAX: Duration = Duration::from_secs(1);

/// Bytes of a read or write, in the mean of a window, up to which they count as small.
const SMALL_BYTES: u64 = 16 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Normal,
    Batch,
}

/// What happened since the policy was thought over.
struct Window {
    since: Instant,
    turns: u32,
}

impl Window {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            turns: 0,
        }
    }
}

/// Successful reads and writes of this thread, and their bytes.
#[derive(Clone, Copy, Default)]
struct Moved {
    calls: u64,
    bytes: u64,
}

thread_local! {
    static MOVED: Cell<Moved> = const { Cell::new(Moved { calls: 0, bytes: 0 }) };
    static WINDOW: RefCell<Window> = RefCell::new(Window::new());
}

/// A read or write of this thread has moved `bytes`.
pub(super) fn moved(bytes: usize) {
    let Moved { calls, bytes: sum } = MOVED.get();
    MOVED.set(Moved {
        calls: calls + 1,
        bytes: sum + bytes as u64,
    });
}

/// Called before the reactor sleeps.
pub(super) fn turn_ended() {
    WINDOW.with_borrow_mut(|window| {
        window.turns += 1;
        if window.turns < WINDOW_TURNS {
            return;
        }
        let policy = policy_after(window.since.elapsed(), MOVED.take());
        *window = Window::new();
        adopt(policy);
    });
}

fn policy_after(elapsed: Duration, moved: Moved) -> Policy {
    if elapsed <= WINDOW_MAX && moved.bytes <= moved.calls * SMALL_BYTES {
        Policy::Batch
    } else {
        Policy::Normal
    }
}

/// A thread that has neither of the two policies has its own from whoever started the process, and
/// keeps it. A refusal changes nothing but the speed.
#[cfg(target_os = "linux")]
fn adopt(policy: Policy) {
    let (from, to) = match policy {
        Policy::Normal => (libc::SCHED_BATCH, libc::SCHED_OTHER),
        Policy::Batch => (libc::SCHED_OTHER, libc::SCHED_BATCH),
    };
    if current() != libc::c_long::from(from) {
        return;
    }
    // The kernel's `struct sched_param`, whose one field is 0 in both policies.
    let param: libc::c_int = 0;
    // SAFETY: `param` outlives the call, which reads it alone.
    unsafe {
        libc::syscall(libc::SYS_sched_setscheduler, 0, to, &raw const param);
    }
}

/// The policy of this thread. By syscall(2), as musl's functions always fail with ENOSYS.
#[cfg(target_os = "linux")]
fn current() -> libc::c_long {
    // SAFETY: 0 is the calling thread, and no memory is given.
    unsafe { libc::syscall(libc::SYS_sched_getscheduler, 0) }
}

#[cfg(not(target_os = "linux"))]
fn adopt(_: Policy) {}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: Duration = Duration::from_millis(100);

    #[test]
    fn a_thread_busy_with_small_pieces_interrupts_nobody() {
        let small = Moved {
            calls: 500,
            bytes: 500 * 300,
        };
        assert_eq!(policy_after(BUSY, small), Policy::Batch);
        assert_eq!(
            policy_after(WINDOW_MAX * 2, small),
            Policy::Normal,
            "little to do"
        );
    }

    #[test]
    fn a_large_body_is_served_as_soon_as_there_is_more() {
        let large = Moved {
            calls: 500,
            bytes: 500 * (64 << 10),
        };
        assert_eq!(policy_after(BUSY, large), Policy::Normal);
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_policy_is_adopted_in_place_of_the_other_alone() {
        // Whoever runs the tests may have chosen another one, which stays.
        let inherited = current();
        let is_ours = [libc::SCHED_OTHER, libc::SCHED_BATCH]
            .iter()
            .any(|&policy| libc::c_long::from(policy) == inherited);
        for (policy, number) in [
            (Policy::Batch, libc::SCHED_BATCH),
            (Policy::Batch, libc::SCHED_BATCH),
            (Policy::Normal, libc::SCHED_OTHER),
        ] {
            adopt(policy);
            let expected = if is_ours { number.into() } else { inherited };
            assert_eq!(current(), expected);
        }
    }
}
