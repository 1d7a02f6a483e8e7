//! What a carrier gives the connections that it drives: where their events go, and the memory that
//! they read into.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;

use super::event::Event;
use super::gate::Gate;
use super::memory::Inbound;
use super::outbox::Outbox;
use super::read_ahead::Demand;

/// One carrier's side of one port. It stays on the carrier's thread; connections come and go.
pub(super) struct Host {
    outbox: Arc<Outbox>,
    events: Events,
    pub(super) inbound: RefCell<Box<dyn Inbound>>,
}

enum Events {
    /// They cross to JavaScript's thread.
    Cross,
    /// They are on JavaScript's thread already.
    Stay(RefCell<VecDeque<Event>>),
}

/// Whether to read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// No more than so many bytes at once.
    Now(usize),
    /// Others come first: the reader is woken.
    Later,
    /// JavaScript wants nothing.
    Nothing,
}

impl Host {
    /// On a reactor's thread.
    pub(super) fn across(outbox: Arc<Outbox>, inbound: Box<dyn Inbound>) -> Self {
        Self::new(outbox, Events::Cross, inbound)
    }

    /// On JavaScript's own thread.
    pub(super) fn beside(outbox: Arc<Outbox>, inbound: Box<dyn Inbound>) -> Self {
        Self::new(outbox, Events::Stay(RefCell::default()), inbound)
    }

    fn new(outbox: Arc<Outbox>, events: Events, inbound: Box<dyn Inbound>) -> Self {
        Self {
            outbox,
            events,
            inbound: RefCell::new(inbound),
        }
    }

    pub(super) fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    pub(super) fn push(&self, event: Event) {
        match &self.events {
            Events::Cross => self.outbox.push(event),
            Events::Stay(events) => {
                let mut events = events.borrow_mut();
                if !events.back_mut().is_some_and(|last| last.join(&event)) {
                    events.push_back(event);
                }
            }
        }
    }

    /// Moves the events that have stayed on this thread to the end of `taken`.
    pub(super) fn take(&self, taken: &mut VecDeque<Event>) {
        if let Events::Stay(events) = &self.events {
            taken.append(&mut events.borrow_mut());
        }
    }

    /// Whether events have stayed on this thread.
    pub(super) fn has_events(&self) -> bool {
        matches!(&self.events, Events::Stay(events) if !events.borrow().is_empty())
    }

    pub(super) fn demand(&self, gate: &Gate, waker: &Waker) -> Wanted {
        match gate.demand(self.outbox.ahead(), waker) {
            Demand::Paused => Wanted::Nothing,
            Demand::Now(most) if !self.is_full(waker) => Wanted::Now(most),
            Demand::Now(_) | Demand::Later => Wanted::Later,
        }
    }

    /// Whoever reads on JavaScript's own thread is never ahead of it by more than one turn.
    fn is_full(&self, waker: &Waker) -> bool {
        matches!(self.events, Events::Cross) && self.outbox.is_full(waker)
    }

    /// So many bytes were received, of which JavaScript knows nothing yet.
    pub(super) fn received(&self, gate: &Gate, bytes: usize) {
        gate.add_untaken(self.outbox.ahead(), bytes);
    }
}
