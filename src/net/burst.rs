//! What a burst of handshakes leaves behind: hundreds at once need memory that glibc keeps, with
//! long-lived connections in between, for as long as the process lives.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// Handshakes that make a burst.
const HANDSHAKES_MIN: u32 = 256;

/// From the end of a burst until memory is given back: JavaScript too has some to free, of the
/// requests for which the connections were made. Also the least time between two such moments.
const REST: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Burst {
    running: Cell<u32>,
    ended: Cell<u32>,
    over: Rc<Notify>,
}

thread_local! {
    static BURST: Burst = Burst::default();
}

/// A handshake that is going on, on a reactor's thread.
pub(super) struct Running(());

impl Running {
    pub(super) fn new() -> Self {
        BURST.with(|burst| burst.running.set(burst.running.get() + 1));
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A connection that dies with its thread has nobody to tell.
        let _ = BURST.try_with(Burst::end_one);
    }
}

impl Burst {
    fn end_one(&self) {
        self.running.set(self.running.get() - 1);
        self.ended.set(self.ended.get() + 1);
        if self.running.get() == 0 && self.ended.get() >= HANDSHAKES_MIN {
            self.ended.set(0);
            self.over.notify_one();
        }
    }
}

/// Gives back what each burst of this thread's handshakes has left. That takes some milliseconds
/// for 2,000 handshakes.
pub(super) async fn give_back() {
    let over = BURST.with(|burst| burst.over.clone());
    loop {
        over.notified().await;
        sleep(REST).await;
        trim();
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

    async fn is_over() -> bool {
        let over = BURST.with(|burst| burst.over.clone());
        tokio::time::timeout(Duration::ZERO, over.notified())
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn a_burst_is_over_once_when_the_last_of_many_has_ended() {
        let mut running: Vec<_> = (0..HANDSHAKES_MIN).map(|_| Running::new()).collect();
        let last = running.pop();
        drop(running);
        assert!(!is_over().await);
        drop(last);
        assert!(is_over().await);
        drop(Running::new());
        assert!(!is_over().await, "few are no burst");
    }
}
