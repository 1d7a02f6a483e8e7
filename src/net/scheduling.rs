//! How the system schedules a reactor's thread beside the others, on Linux.
//!
//! Small answers come in groups, and a server or a JavaScript thread on the same CPU was
//! interrupted for each of a group: two switches of threads each, and the group was handed on one
//! by one. Under SCHED_BATCH (sched(7)) a thread that wakes waits until the one that runs sleeps or
//! its slice ends, and finds the whole group; on an idle CPU it runs at once, as ever. So that is
//! the policy after turns that came fast and moved small pieces. It is not for a large body: its
//! sender would wait for every piece of its way where the CPUs are full with others' work.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Turns of the reactor after which the policy is thought over.
const WINDOW_TURNS: u32 = 256;

/// A window that took longer was of a thread with little to do: whom it interrupts, it interrupts
/// seldom.
const WINDOW_MAX: Duration = Duration::from_secs(1);

/// Bytes of a read or write, in the mean of a window, up to which they count as small.
const SMALL_BYTES: u64 = 16 << 10;

/// So many larger ones, one after the other, are a large body: nothing is waited for then.
const LARGE_RUN: u32 = 16;

/// Whether any reactor's thread changes its policy.
static CHANGES: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Normal,
    Batch,
}

/// Successful reads and writes of a window.
#[derive(Clone, Copy, Default)]
struct Moved {
    calls: u64,
    bytes: u64,
    large_run: u32,
}

/// The turns since the policy was thought over.
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

thread_local! {
    /// None where the thread keeps the policy that it has.
    static POLICY: Cell<Option<Policy>> = const { Cell::new(None) };
    static MOVED: Cell<Moved> = const {
        Cell::new(Moved {
            calls: 0,
            bytes: 0,
            large_run: 0,
        })
    };
    static WINDOW: RefCell<Window> = RefCell::new(Window::new());
}

/// This thread is a reactor's.
pub(super) fn begin() {
    if may_change() {
        POLICY.set(Some(Policy::Normal));
        CHANGES.store(true, Ordering::Relaxed);
    }
}

/// This thread was started by a reactor's, whose policy of the moment it has got.
pub(super) fn helper_started() {
    if CHANGES.load(Ordering::Relaxed) {
        change(Policy::Normal);
    }
}

/// A read or write of this thread has moved `bytes`.
pub(super) fn moved(bytes: usize) {
    let mut moved = MOVED.get();
    let bytes = bytes as u64;
    moved.calls += 1;
    moved.bytes += bytes;
    moved.large_run = if bytes > SMALL_BYTES {
        moved.large_run + 1
    } else {
        0
    };
    MOVED.set(moved);
    if moved.large_run == LARGE_RUN {
        adopt(Policy::Normal);
    }
}

/// Called before the reactor sleeps.
pub(super) fn turn_ended() {
    WINDOW.with_borrow_mut(|window| {
        window.turns += 1;
        if window.turns < WINDOW_TURNS {
            return;
        }
        adopt(policy_after(window.since.elapsed(), MOVED.take()));
        *window = Window::new();
    });
}

fn policy_after(elapsed: Duration, moved: Moved) -> Policy {
    let is_small = moved.calls > 0 && moved.bytes <= moved.calls * SMALL_BYTES;
    if elapsed <= WINDOW_MAX && is_small {
        Policy::Batch
    } else {
        Policy::Normal
    }
}

fn adopt(policy: Policy) {
    if POLICY.get().is_some_and(|current| current != policy) {
        POLICY.set(Some(policy));
        change(policy);
    }
}

/// Whether this thread's policy is the normal one, and no other that whoever started the process
/// has chosen. A seccomp filter may end the process for the attempt to change it (systemd's
/// `SystemCallFilter=~@resources` does), and does not tell before: under any filter all stays as it
/// is.
#[cfg(target_os = "linux")]
fn may_change() -> bool {
    // SAFETY: reads a state of this thread, without memory of ours.
    let filter = unsafe { libc::prctl(libc::PR_GET_SECCOMP) };
    filter == 0 && policy() == libc::SCHED_OTHER.into()
}

#[cfg(not(target_os = "linux"))]
fn may_change() -> bool {
    false
}

/// From the other of the two policies to this one. A refusal changes nothing but the speed.
#[cfg(target_os = "linux")]
fn change(to: Policy) {
    let (from, to) = match to {
        Policy::Normal => (libc::SCHED_BATCH, libc::SCHED_OTHER),
        Policy::Batch => (libc::SCHED_OTHER, libc::SCHED_BATCH),
    };
    if policy() != from.into() {
        return;
    }
    // The kernel's `struct sched_param`, whose one field is 0 in both policies.
    let param: libc::c_int = 0;
    // SAFETY: `param` outlives the call, which reads it alone.
    unsafe {
        libc::syscall(libc::SYS_sched_setscheduler, 0, to, &raw const param);
    }
}

#[cfg(not(target_os = "linux"))]
fn change(_: Policy) {}

/// The policy of this thread. By syscall(2), as musl's functions always fail with ENOSYS.
#[cfg(target_os = "linux")]
fn policy() -> libc::c_long {
    // SAFETY: 0 is the calling thread, and no memory is given.
    unsafe { libc::syscall(libc::SYS_sched_getscheduler, 0) }
}

#[cfg(test)]
mod tests;
