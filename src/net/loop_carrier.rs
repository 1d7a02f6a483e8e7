//! The connections that JavaScript's own thread carries: it reads, writes and closes them by
//! itself, without a hop to another thread.
//!
//! They are in an epoll of their own, which is one descriptor for the event loop to watch: one
//! wake-up serves all that are ready.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::caught::caught;
use super::command::{Command, ConnId};
use super::conn::{Conn, Outgoing};
use super::conn_table::ConnTable;
use super::event::Event;
use super::host::Host;
use super::memory::Inbound;
use super::options;
use super::outbox::Outbox;
use super::parcel::Parcel;
use super::writer::{Line, Writer};
use crate::lock::lock;

/// What one system call may bring to light; there are more where it does not suffice.
const EVENTS_PER_POLL: usize = 256;

/// For so long the kernel's last answer is good enough to send a request by. The end of a
/// connection that is younger could as well be on its way still: half a round trip takes longer
/// between any two machines.
const FRESH: Duration = Duration::from_micros(50);

pub struct LoopCarrier {
    poll: Poll,
    events: Events,
    asked: Instant,
    host: Host,
    seats: ConnTable<Seat>,
    /// Connections to be driven though the kernel has nothing new to say of them.
    woken: Arc<Mutex<Vec<ConnId>>>,
    /// Empty: its memory is used again.
    driven: Vec<ConnId>,
    /// Connections that may have a tail: see `Conn::release`.
    tails: Vec<ConnId>,
    /// Who sends what is written. None: this thread.
    writer: Option<&'static Writer>,
}

struct Seat {
    conn: Box<Conn>,
    waker: Waker,
}

/// Drives its connection again at the next turn.
struct Woken {
    conn: ConnId,
    list: Arc<Mutex<Vec<ConnId>>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut woken = lock(&self.list);
        if woken.last() != Some(&self.conn) {
            woken.push(self.conn);
        }
    }
}

impl LoopCarrier {
    /// # Errors
    ///
    /// When the system gives no event queue.
    pub fn new(outbox: Arc<Outbox>, inbound: Box<dyn Inbound>) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_PER_POLL),
            asked: Instant::now(),
            host: Host::beside(outbox, inbound),
            seats: ConnTable::default(),
            woken: Arc::default(),
            driven: Vec::new(),
            tails: Vec::new(),
            writer: None,
        })
    }

    /// Becomes readable when a connection is ready.
    pub fn descriptor(&self) -> RawFd {
        self.poll.as_raw_fd()
    }

    /// Takes a connection over. What it has brought along is looked at.
    pub(super) fn adopt(&mut self, conn: ConnId, parcel: Parcel) {
        let mut state = parcel.0;
        let registry = self.poll.registry();
        state.rewatch(&self.host, |mut stream| {
            if let Some(bare) = stream.bare() {
                let token = Token(conn as usize);
                let interest = Interest::READABLE | Interest::WRITABLE;
                registry.register(&mut SourceFd(&bare.as_raw_fd()), token, interest)?;
            }
            Ok(stream)
        });
        let waker = Waker::from(Arc::new(Woken {
            conn,
            list: self.woken.clone(),
        }));
        self.seats.insert(conn, Seat { conn: state, waker });
        self.drive(conn);
    }

    /// Gives a connection up to another carrier.
    pub(super) fn release(&mut self, conn: ConnId) -> Option<Parcel> {
        let mut state = self.seats.remove(conn)?.conn;
        if let Some(bare) = state.stream_mut().and_then(|stream| stream.bare()) {
            // It fails where the socket is in no epoll, which is what is wanted.
            let _ = self
                .poll
                .registry()
                .deregister(&mut SourceFd(&bare.as_raw_fd()));
        }
        if caught(|| drop(state.leave(&self.host))) {
            state.fail_by_panic(&self.host);
        }
        Some(Parcel(state))
    }

    /// Has a look at a connection that has rested: JavaScript may have been busy, and the kernel
    /// know more. What it says of others is due afterwards. False where it carries no such one.
    pub(super) fn look_at(&mut self, conn: ConnId) -> bool {
        if self.seats.get(conn).is_none() {
            return false;
        }
        self.ask_again();
        let stream = self
            .seats
            .get_mut(conn)
            .and_then(|seat| seat.conn.stream_mut());
        if stream
            .and_then(|stream| stream.bare())
            .is_some_and(|bare| bare.is_readable())
        {
            self.drive(conn);
        }
        true
    }

    /// Asks the kernel where its last answer is not fresh.
    pub(super) fn ask_again(&mut self) {
        if self.asked.elapsed() >= FRESH {
            self.ask();
        }
    }

    /// Asks the kernel what has come until now, and remembers it. No connection is driven: see
    /// `turn`.
    pub(super) fn ask(&mut self) {
        self.asked = Instant::now();
        let mut woken = lock(&self.woken);
        // What a signal interrupts has told of nothing, and is told of again.
        while self
            .poll
            .poll(&mut self.events, Some(Duration::ZERO))
            .is_ok()
        {
            let mut count = 0;
            for event in &self.events {
                count += 1;
                let Token(index) = event.token();
                if let Some(seat) = self.seats.get_mut(index as ConnId)
                    && let Some(bare) = seat.conn.stream_mut().and_then(|stream| stream.bare())
                {
                    bare.note(event);
                    woken.push(index as ConnId);
                }
            }
            if count < EVENTS_PER_POLL {
                return;
            }
        }
    }

    /// Drives the connections that have something to do.
    pub(super) fn turn(&mut self) {
        let mut driven = std::mem::take(&mut self.driven);
        std::mem::swap(&mut driven, &mut lock(&self.woken));
        for conn in driven.drain(..) {
            self.drive(conn);
        }
        self.driven = driven;
    }

    /// Whether events wait, or connections for the next turn.
    pub(super) fn is_due(&self) -> bool {
        self.host.has_events() || !lock(&self.woken).is_empty()
    }

    pub(super) fn take(&self, taken: &mut VecDeque<Event>) {
        self.host.take(taken);
    }

    /// Has the writer send what is written from now on, or no longer.
    pub(super) fn write_aside(&mut self, is_aside: bool) {
        if self.writer.is_some() != is_aside {
            self.writer = is_aside.then(Writer::get).flatten();
        }
    }

    pub(super) fn obey(&mut self, command: Command, bytes: &[u8]) {
        let conn = command.conn();
        let Self {
            host,
            seats,
            tails,
            writer,
            ..
        } = self;
        let Some(Seat { conn: state, waker }) = seats.get_mut(conn) else {
            // It is over, and has told so.
            return;
        };
        if let Command::Write { .. } | Command::WriteLarge { .. } = command
            && let Some(bare) = state.stream_mut().and_then(|stream| stream.bare())
        {
            bare.write_by(*writer, |writer, fd| {
                Line::new(writer, fd, waker.clone(), host.outbox().clone())
            });
        }
        if caught(|| obey(state, host, command, bytes)) {
            state.fail_by_panic(host);
        }
        if state.is_over() {
            seats.remove(conn);
        } else if state.is_holding() {
            tails.push(conn);
        }
    }

    /// No more of this tick is written: the tails leave.
    pub(super) fn release_tails(&mut self) {
        let Self {
            host, seats, tails, ..
        } = self;
        for conn in tails.drain(..) {
            if let Some(seat) = seats.get_mut(conn) {
                let state = &mut seat.conn;
                if caught(|| {
                    state.release(host, true);
                }) {
                    state.fail_by_panic(host);
                    seats.remove(conn);
                }
            }
        }
    }

    /// The connections that have bytes which JavaScript takes for written. The writer has none then.
    pub(super) fn unsent(&mut self) -> Vec<ConnId> {
        let seats = self.seats.iter_mut();
        let unsent = seats.filter_map(|(conn, Seat { conn: state, .. })| {
            state.leave_writer();
            (state.unsent() > 0).then_some(conn)
        });
        unsent.collect()
    }

    pub(super) fn close_all(&mut self) {
        for seat in std::mem::take(&mut self.seats).into_values() {
            let mut conn = seat.conn;
            conn.close(&self.host, false);
        }
    }

    fn drive(&mut self, conn: ConnId) {
        let Self { host, seats, .. } = self;
        let Some(seat) = seats.get_mut(conn) else {
            return;
        };
        let (state, mut cx) = (&mut seat.conn, Context::from_waker(&seat.waker));
        if caught(|| {
            let _ = state.poll(host, &mut cx);
        }) {
            state.fail_by_panic(host);
        }
        if state.is_over() {
            seats.remove(conn);
        }
    }
}

fn obey(conn: &mut Conn, host: &Host, command: Command, bytes: &[u8]) {
    match command {
        Command::Write {
            range, acknowledge, ..
        } => {
            let bytes = bytes.get(range).unwrap_or_default();
            conn.write(host, Outgoing::copied(bytes, acknowledge));
        }
        Command::WriteLarge {
            large, acknowledge, ..
        } => conn.write(host, Outgoing::large(large, acknowledge)),
        Command::Shutdown { .. } => conn.shutdown(host),
        Command::Resume { .. } => conn.resume(),
        Command::Proceed { .. } => conn.proceed(),
        Command::NoDelay { on, .. } => {
            conn.with_stream(|stream| options::set_no_delay(stream, on));
        }
        Command::KeepAlive { keep_alive, .. } => {
            conn.with_stream(|stream| options::set_keep_alive(stream, keep_alive));
        }
        Command::TypeOfService { value, .. } => {
            conn.with_stream(|stream| options::set_type_of_service(stream, value));
        }
        Command::Close { reset, .. } => conn.close(host, reset),
        // Of connections that nobody carries yet, or that are on their way.
        Command::Connect { .. }
        | Command::Dial { .. }
        | Command::Yield { .. }
        | Command::Adopt { .. } => {}
    }
}

#[cfg(test)]
mod tests;
