//! A port's mailbox: events wait here until JavaScript takes them, many at a time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use super::Event;
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

/// The queue of one port. Its bell is rung when events have come while JavaScript was asleep, at the
/// end of the reactor's turn: what came on other connections in the same turn is then in the batch.
pub struct Outbox {
    inner: Mutex<Inner>,
    /// None once the environment is going away. Not behind the events' lock: whom the bell wakes takes
    /// them at once, and would meet the ringer, still in its system call, at a closed door.
    bell: Mutex<Option<Bell>>,
}

type Bell = Box<dyn Fn() + Send>;

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
    pub fn new(bell: Bell) -> Self {
        Self {
            inner: Mutex::new(Inner {
                events: VecDeque::new(),
                unread_bytes: 0,
                awake: false,
                blocked: Vec::new(),
                closed: false,
            }),
            bell: Mutex::new(Some(bell)),
        }
    }

    /// Moves up to `max` events to `taken`, which is empty. Returns whether more are waiting; if none
    /// are, the next one rings the bell. The lock is held for no longer than the move.
    pub fn take(&self, max: usize, taken: &mut VecDeque<Event>) -> bool {
        let mut inner = lock(&self.inner);
        if inner.events.len() <= max {
            std::mem::swap(&mut inner.events, taken);
            inner.unread_bytes = 0;
        } else {
            taken.extend(inner.events.drain(..max));
            let freed: usize = taken.iter().map(Event::data_len).sum();
            inner.unread_bytes -= freed;
        }
        let blocked = if inner.unread_bytes < UNREAD_BYTES_MAX {
            std::mem::take(&mut inner.blocked)
        } else {
            Vec::new()
        };
        let more = !inner.events.is_empty();
        inner.awake = more;
        drop(inner);
        blocked.into_iter().for_each(Waker::wake);
        more
    }

    /// Wakes whom this thread's turn had something for. Called before the reactor sleeps.
    pub(super) fn ring_due() {
        for outbox in DUE.take() {
            injected!(Ringing);
            outbox.ring();
        }
    }

    /// Wakes JavaScript, which may find nothing.
    pub(super) fn ring(&self) {
        if let Some(bell) = &*lock(&self.bell) {
            bell();
        }
    }

    /// Silences the port: from here on its bell is never rung.
    pub fn close(&self) {
        *lock(&self.bell) = None;
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
        if let Event::Data { conn, epoch, chunk } = event {
            // A server that sends in small pieces costs JavaScript no event for each.
            if let Some(Event::Data {
                conn: last_conn,
                epoch: last_epoch,
                chunk: last,
            }) = inner.events.back_mut()
                && (*last_conn, *last_epoch) == (conn, epoch)
                && last.join(chunk)
            {
                return;
            }
        }
        inner.events.push_back(event);
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
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::net::Chunk;

    fn outbox() -> (Arc<Outbox>, Arc<AtomicUsize>) {
        let rung = Arc::new(AtomicUsize::new(0));
        let bell = rung.clone();
        let outbox = Outbox::new(Box::new(move || {
            bell.fetch_add(1, Ordering::Relaxed);
        }));
        (Arc::new(outbox), rung)
    }

    fn data(len: u32) -> Event {
        Event::Data {
            conn: 0,
            epoch: 0,
            chunk: Chunk {
                slab: 0,
                offset: 0,
                len,
                commits: 1,
            },
        }
    }

    #[test]
    fn the_bell_rings_once_until_all_is_taken() {
        let (outbox, rung) = outbox();
        for conn in 0..3 {
            outbox.push(Event::End { conn });
        }
        let rung = || {
            Outbox::ring_due();
            rung.load(Ordering::Relaxed)
        };
        assert_eq!(rung(), 1);
        assert!(outbox.take(2, &mut VecDeque::new()));
        outbox.push(Event::End { conn: 3 });
        assert_eq!(rung(), 1);
        assert!(!outbox.take(8, &mut VecDeque::new()));
        outbox.push(Event::End { conn: 4 });
        assert_eq!(rung(), 2);
    }

    #[test]
    fn unread_bytes_stop_the_readers_until_they_are_taken() {
        let (outbox, _) = outbox();
        assert!(!outbox.is_full(Waker::noop()));
        outbox.push(data(UNREAD_BYTES_MAX as u32));
        assert!(outbox.is_full(Waker::noop()));
        outbox.take(1, &mut VecDeque::new());
        assert!(!outbox.is_full(Waker::noop()));
    }

    #[test]
    fn pieces_that_follow_each_other_in_memory_are_one_event() {
        let (outbox, _) = outbox();
        let piece = |conn, offset| {
            let chunk = Chunk {
                slab: 0,
                offset,
                len: 10,
                commits: 1,
            };
            Event::Data {
                conn,
                epoch: 0,
                chunk,
            }
        };
        for (conn, offset) in [(1, 0), (1, 10), (2, 20), (1, 30), (1, 50)] {
            outbox.push(piece(conn, offset));
        }
        let mut events = VecDeque::new();
        outbox.take(8, &mut events);
        let mut taken = Vec::new();
        for event in events {
            if let Event::Data { conn, chunk, .. } = event {
                taken.push((conn, chunk.offset, chunk.len, chunk.commits));
            }
        }
        assert_eq!(
            taken,
            [
                (1, 0, 20, 2),
                (2, 20, 10, 1),
                (1, 30, 10, 1),
                (1, 50, 10, 1)
            ]
        );
    }

    #[test]
    fn a_closed_outbox_keeps_and_says_nothing() {
        let (outbox, rung) = outbox();
        outbox.push(Event::End { conn: 0 });
        outbox.close();
        outbox.push(Event::End { conn: 1 });
        Outbox::ring_due();
        let mut taken = VecDeque::new();
        outbox.take(8, &mut taken);
        assert_eq!((taken.len(), rung.load(Ordering::Relaxed)), (0, 0));
    }
}
