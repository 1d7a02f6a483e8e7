//! What a burst of handshakes leaves behind: hundreds at once need memory that glibc keeps, with
//! long-lived connections in between, for as long as the process lives.

use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Handshakes that make a burst.
const HANDSHAKES_MIN: u32 = 256;

/// Between two times that memory is given back.
const PERIOD: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Burst {
    running: u32,
    ended: u32,
    last: Option<Instant>,
}

thread_local! {
    static BURST: RefCell<Burst> = RefCell::default();
}

/// A handshake that is going on, on a reactor's thread.
pub(super) struct Running(());

impl Running {
    pub(super) fn new() -> Self {
        BURST.with_borrow_mut(|burst| burst.running += 1);
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A connection that dies with its thread has nobody to tell.
        let _ = BURST.try_with(|burst| {
            let mut burst = burst.borrow_mut();
            burst.running -= 1;
            burst.ended += 1;
        });
    }
}

/// Called when the thread has nothing to do: gives back what a burst has left once it is over. That
/// takes about a millisecond for 2,000 handshakes.
pub(super) fn give_back() {
    let over = BURST.with_borrow_mut(|burst| burst.is_still() && burst.is_over(Instant::now()));
    if over {
        trim();
    }
}

impl Burst {
    /// Asked before the clock is, each time that the thread goes to sleep.
    fn is_still(&self) -> bool {
        self.running == 0 && self.ended >= HANDSHAKES_MIN
    }

    fn is_over(&mut self, now: Instant) -> bool {
        let over = self.is_still() && self.last.is_none_or(|last| now - last >= PERIOD);
        if over {
            self.ended = 0;
            self.last = Some(now);
        }
        over
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: may be called at any time, from any thread (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_over_when_the_last_of_many_has_ended_and_only_now_and_then() {
        let mut now = Instant::now();
        let mut burst = Burst {
            running: 1,
            ended: HANDSHAKES_MIN,
            last: None,
        };
        assert!(!burst.is_over(now));
        burst.running = 0;
        assert!(burst.is_over(now));
        burst.ended = HANDSHAKES_MIN;
        assert!(!burst.is_over(now));
        now += PERIOD;
        assert!(burst.is_over(now));
        assert!(!burst.is_over(now + PERIOD), "nothing has happened since");
    }

    #[test]
    fn a_handshake_counts_until_it_is_dropped() {
        let running = Running::new();
        BURST.with_borrow(|burst| assert_eq!((burst.running, burst.ended), (1, 0)));
        drop(running);
        BURST.with_borrow(|burst| assert_eq!((burst.running, burst.ended), (0, 1)));
    }
}
