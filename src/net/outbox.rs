//! A port's mailbox: events wait here until JavaScript takes them, many at a time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use super::{Event, ReadAhead};
use crate::lock::lock;

/// Received bytes that may wait for JavaScript before the reactor stops reading for this port.
///
/// It bounds memory while the JavaScript thread is busy: 4 MiB keeps a fast link filled for some
/// milliseconds, which is what a long JavaScript turn takes.
const UNREAD_BYTES_MAX: usize = 4 << 20;

thread_local! {
    /// Ports that this reactor has woken nobody for yet.
    static DUE: RefCell<Vec<Arc<Outbox>>> = const { RefCell::new(Vec::new()) };
}

/// The queue of one port. JavaScript is woken when events have come while it was asleep, at
/// the end of the reactor's turn: what came on other connections in the same turn is then in the
/// batch.
pub struct Outbox {
    inner: Mutex<Inner>,
    /// None once the environment is going away. Not behind the events' lock: JavaScript takes them
    /// as soon as it is woken, while the thread that woke it may still be in its system call.
    wakeup: Mutex<Option<Wakeup>>,
    /// What the port's connections are read ahead of JavaScript.
    ahead: ReadAhead,
}

type Wakeup = Box<dyn Fn() + Send>;

struct Inner {
    events: VecDeque<Event>,
    unread_bytes: usize,
    /// Set from the first event on until JavaScript has taken all: it will look by itself.
    awake: bool,
    blocked: Vec<Waker>,
    /// The environment is going away: events go nowhere.
    closed: bool,
}

impl Outbox {
    pub fn new(wakeup: Wakeup) -> Self {
        Self {
            inner: Mutex::new(Inner {
                events: VecDeque::new(),
                unread_bytes: 0,
                awake: false,
                blocked: Vec::new(),
                closed: false,
            }),
            wakeup: Mutex::new(Some(wakeup)),
            ahead: ReadAhead::default(),
        }
    }

    pub fn ahead(&self) -> &ReadAhead {
        &self.ahead
    }

    /// Moves up to `max` events to the end of `taken`. Returns how many more are waiting; if none
    /// are, the next one wakes JavaScript. The lock is held for no longer than the move.
    pub fn take(&self, max: usize, taken: &mut VecDeque<Event>) -> usize {
        let mut inner = lock(&self.inner);
        if taken.is_empty() && inner.events.len() <= max {
            std::mem::swap(&mut inner.events, taken);
            inner.unread_bytes = 0;
        } else {
            let before = taken.len();
            let count = inner.events.len().min(max);
            taken.extend(inner.events.drain(..count));
            let freed: usize = taken.range(before..).map(Event::data_len).sum();
            inner.unread_bytes -= freed;
        }
        let blocked = if inner.unread_bytes < UNREAD_BYTES_MAX {
            std::mem::take(&mut inner.blocked)
        } else {
            Vec::new()
        };
        let left = inner.events.len();
        inner.awake = left > 0;
        drop(inner);
        blocked.into_iter().for_each(Waker::wake);
        left
    }

    /// Wakes whom this thread's turn had something for. Called before the reactor sleeps.
    pub(super) fn wake_due() {
        for outbox in DUE.take() {
            injected!(Waking);
            outbox.wake();
        }
    }

    /// Wakes JavaScript, which may find nothing.
    pub(super) fn wake(&self) {
        if let Some(wakeup) = &*lock(&self.wakeup) {
            wakeup();
        }
    }

    /// Silences the port: from here on it wakes nobody.
    pub fn close(&self) {
        *lock(&self.wakeup) = None;
        let mut inner = lock(&self.inner);
        inner.closed = true;
        inner.events.clear();
    }

    pub(super) fn push(self: &Arc<Self>, event: Event) {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return;
        }
        if !inner.awake {
            DUE.with_borrow_mut(|due| due.push(self.clone()));
        }
        inner.awake = true;
        inner.unread_bytes += event.data_len();
        let joined = inner
            .events
            .back_mut()
            .is_some_and(|last| last.join(&event));
        if !joined {
            inner.events.push_back(event);
        }
    }

    /// Whether a reader must wait until JavaScript has taken what it was sent; it is woken then.
    pub(super) fn is_full(&self, waker: &Waker) -> bool {
        let mut inner = lock(&self.inner);
        let full = inner.unread_bytes >= UNREAD_BYTES_MAX;
        if full && !inner.blocked.iter().any(|blocked| blocked.will_wake(waker)) {
            inner.blocked.push(waker.clone());
        }
        full
    }
}

#[cfg(test)]
mod tests;
