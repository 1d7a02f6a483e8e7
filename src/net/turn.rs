//! The reactor's turn: how much it does before it looks again at what JavaScript and the kernel
//! have for it, and before JavaScript hears of what it has done.
//!
//! A turn is one poll of the root future: first commands, then up to 61 of the tasks that are ready,
//! which is tokio's number, in the order in which they became so. Commands go on for `PART_MAX` at
//! most. What makes connections (a connect, a handshake) takes hundreds of microseconds where
//! serving one that is open takes a few, and comes by the thousand: of that the tasks' part begins
//! no more than fits it, a step or two at least, and the rest waits in a queue of its own. So an
//! open connection waits for a turn, not for all handshakes before it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::Outbox;

/// How long commands, or tasks, go on. A turn costs 1 to 2 us by itself, a question to the kernel:
/// less than a hundredth of this. A step that is under way is not cut: one of a handshake takes up
/// to 400 us, and with two of them a turn stays at about 1 ms.
const PART_MAX: Duration = Duration::from_micros(500);

/// How long JavaScript may be left asleep with something to hear. While turns follow each other
/// without a rest it is in groups of this length that it hears of events; under a load of small
/// answers a turn is shorter and ends with a rest, and the group is the turn's, as ever.
const WAKE_AFTER: Duration = Duration::from_micros(500);

/// How many of those that wait may take their step whatever the time. Beside connections that are
/// busy, a thousand of which have their turn one after the other, one at a time would be too few.
const LEAVES_MAX: usize = 2;

thread_local! {
    static TURN: Turn = Turn::default();
}

#[derive(Default)]
struct Turn {
    /// When this part of the turn began; None on a thread that has no turns.
    began: Cell<Option<Instant>>,
    is_spent: Cell<bool>,
    /// Since when nobody has been woken; None at rest.
    silent_since: Cell<Option<Instant>>,
    /// Wakes the root future.
    root: RefCell<Option<Waker>>,
    waiting: RefCell<VecDeque<(Waker, Rc<Ticket>)>>,
    /// Those that have leave, as far as they still live.
    leaving: RefCell<Vec<Weak<Ticket>>>,
}

/// What a task that makes a connection may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Leave {
    #[default]
    None,
    /// It waits in the queue.
    Asked,
    /// One step.
    Given,
}

/// The place in the queue of a task that makes a connection.
#[derive(Debug, Default)]
pub(super) struct Ticket(Cell<Leave>);

/// Runs the root future in turns.
pub(super) async fn in_turns<F: Future>(root: F) -> F::Output {
    TURN.with(Turn::reset);
    let mut root = pin!(root);
    poll_fn(|cx| {
        TURN.with(|turn| turn.begin(cx.waker()));
        let polled = root.as_mut().poll(cx);
        TURN.with(Turn::begin_tasks);
        polled
    })
    .await
}

/// Whether what goes on should go on in another turn.
pub(super) fn is_spent() -> bool {
    TURN.with(Turn::look)
}

/// Nothing is left to do, and whoever was to be woken was woken.
pub(super) fn at_rest() {
    TURN.with(|turn| turn.silent_since.set(None));
}

/// A step of a task that makes a connection.
pub(super) fn make<T>(
    ticket: &Rc<Ticket>,
    cx: &mut Context<'_>,
    step: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    if !TURN.with(|turn| turn.may_make(ticket, cx.waker())) {
        return Poll::Pending;
    }
    let polled = step(cx);
    TURN.with(|turn| {
        if !turn.look() {
            turn.give_leave();
        }
    });
    polled
}

/// A whole future that makes a connection.
pub(super) async fn making<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let ticket = Rc::default();
    poll_fn(|cx| make(&ticket, cx, |cx| future.as_mut().poll(cx))).await
}

impl Turn {
    /// After a panic there are other tasks.
    fn reset(&self) {
        self.waiting.take();
        self.leaving.take();
        self.silent_since.set(None);
    }

    fn begin(&self, root: &Waker) {
        let now = Instant::now();
        match self.silent_since.get() {
            Some(since) if now - since < WAKE_AFTER => {}
            None => self.silent_since.set(Some(now)),
            Some(_) => {
                self.silent_since.set(Some(now));
                Outbox::wake_due();
            }
        }
        self.began.set(Some(now));
        self.is_spent.set(false);
        let mut known = self.root.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(root)) {
            *known = Some(root.clone());
        }
        drop(known);
        self.give_leave();
        if !self.waiting.borrow().is_empty() {
            root.wake_by_ref();
        }
    }

    /// However long the commands took, tasks have their part.
    fn begin_tasks(&self) {
        if self.is_spent.replace(false) {
            self.began.set(Some(Instant::now()));
        }
    }

    /// Looks at the clock.
    fn look(&self) -> bool {
        let is_spent = self
            .began
            .get()
            .is_some_and(|began| began.elapsed() >= PART_MAX);
        self.is_spent.set(is_spent);
        is_spent
    }

    fn may_make(&self, ticket: &Rc<Ticket>, waker: &Waker) -> bool {
        match ticket.0.get() {
            Leave::Given => {
                ticket.0.set(Leave::None);
                true
            }
            Leave::Asked => false,
            Leave::None if self.waiting.borrow().is_empty() && !self.is_spent.get() => true,
            Leave::None => {
                ticket.0.set(Leave::Asked);
                let waiting = (waker.clone(), ticket.clone());
                self.waiting.borrow_mut().push_back(waiting);
                if let Some(root) = &*self.root.borrow() {
                    root.wake_by_ref();
                }
                false
            }
        }
    }

    /// To the first of those that wait. Who has gone meanwhile needs none.
    fn give_leave(&self) {
        let mut leaving = self.leaving.borrow_mut();
        leaving.retain(|ticket| {
            ticket
                .upgrade()
                .is_some_and(|ticket| ticket.0.get() == Leave::Given)
        });
        while leaving.len() < LEAVES_MAX
            && let Some((waker, ticket)) = self.waiting.borrow_mut().pop_front()
        {
            ticket.0.set(Leave::Given);
            leaving.push(Rc::downgrade(&ticket));
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests;
