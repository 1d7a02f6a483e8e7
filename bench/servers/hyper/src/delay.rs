//! Answers that are due a while after their request.

use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Waits of one length, for as many requests as there are: the first that begins is the first that
/// ends. They end on a thread that sleeps, as tokio's timers know whole milliseconds alone and would
/// let answers gather.
pub struct Delay {
    length: Duration,
    waits: Sender<(Instant, oneshot::Sender<()>)>,
}

impl Delay {
    pub fn new(length: Duration) -> Self {
        let (waits, begun) = mpsc::channel::<(Instant, oneshot::Sender<()>)>();
        thread::spawn(move || {
            for (due, wake) in begun {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                // Where nobody waits any more, the connection has ended.
                let _ = wake.send(());
            }
        });
        Self { length, waits }
    }

    pub async fn wait(&self) {
        let (wake, woken) = oneshot::channel();
        let due = Instant::now() + self.length;
        // Both fail only where the thread is gone, and it ends with `waits`.
        if self.waits.send((due, wake)).is_ok() {
            let _ = woken.await;
        }
    }
}
