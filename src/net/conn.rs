//! One open connection: what is unwritten, whether it reads, and how it ends.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

mod flush;
mod outgoing;
mod secure_read;

pub(super) use outgoing::Outgoing;

use super::command::ConnId;
use super::errno::errno;
use super::event::{Event, Syscall};
use super::gate::{Gate, Reading};
use super::host::{Host, Wanted};
use super::memory::CHUNK_BYTES_MAX;
use super::options;
use super::secure::Secure;
use super::stream::Stream;
use super::turn;

/// Reads of one connection before the others have their turn.
const READS_PER_TURN: usize = 4;

/// Room asked for a first read: small answers share a slab.
const ROOM_MIN: usize = 4 << 10;

/// Room asked for once a read filled what it was given: of a slab with less the rest is left.
const ROOM_MAX: usize = CHUNK_BYTES_MAX;

/// Where reading has stopped.
#[derive(PartialEq, Eq)]
enum Progress {
    /// Nothing more can be read now, or JavaScript wants nothing.
    Exhausted,
    /// There may be more; others come first.
    Held,
}

#[derive(PartialEq, Eq)]
enum Sending {
    Open,
    /// Shut once all before it is written.
    Ending,
    Shut,
}

/// Where a carrier keeps a connection, until another carrier takes it.
pub(super) type Place = Rc<RefCell<Option<Box<Conn>>>>;

/// It does not know who drives it: a carrier is its host at each call.
pub(super) struct Conn {
    id: ConnId,
    gate: Arc<Gate>,
    /// None once the connection is over.
    stream: Option<Stream>,
    secure: Option<Box<Secure>>,
    outgoing: VecDeque<Outgoing>,
    /// Whether the first of `outgoing` is a tail, which leaves with what follows. Over TLS it is
    /// `secure` that keeps it.
    holding: bool,
    /// Whether more has been waited for once already.
    held_once: bool,
    sending: Sending,
    /// Reported once nothing is left to read: a server may answer and close while we write.
    write_error: Option<i32>,
    ended: bool,
    /// Whether its last event was told.
    over: bool,
    /// The gate's epoch when the last write came.
    written_epoch: u32,
    /// The epoch for which the kernel was asked, and has nothing to read: see `look`.
    silent_epoch: u32,
    /// Whether reading asks the kernel, whatever tokio remembers.
    is_looking: bool,
    room: usize,
    waker: Option<Waker>,
}

impl Conn {
    pub(super) fn new(id: ConnId, gate: Arc<Gate>, stream: Stream, secure: Option<Secure>) -> Self {
        Self {
            id,
            gate,
            stream: Some(stream),
            secure: secure.map(Box::new),
            outgoing: VecDeque::new(),
            holding: false,
            held_once: false,
            sending: Sending::Open,
            write_error: None,
            ended: false,
            over: false,
            written_epoch: 0,
            silent_epoch: 0,
            is_looking: false,
            room: ROOM_MIN,
            waker: None,
        }
    }

    /// Serves the connection until it is gone, or another carrier has it.
    pub(super) async fn run(place: Place, host: Rc<Host>) {
        let guard = PanicGuard(&place, &host);
        let ticket = Rc::default();
        poll_fn(|cx| match &mut *place.borrow_mut() {
            Some(conn) if conn.is_handshaking() => {
                turn::make(&ticket, cx, |cx| conn.poll(&host, cx))
            }
            Some(conn) => conn.poll(&host, cx),
            None => Poll::Ready(()),
        })
        .await;
        std::mem::forget(guard);
    }

    /// Writes what the kernel takes. Afterwards there may be a tail: see `release`.
    pub(super) fn write(&mut self, host: &Host, outgoing: Outgoing) {
        let epoch = self.gate.epoch();
        if epoch != self.written_epoch {
            self.look(host);
            self.written_epoch = epoch;
            if let Some(secure) = &mut self.secure {
                secure.next_exchange();
            }
        }
        if self.stream.is_none() || self.write_error.is_some() {
            return;
        }
        let first = self.outgoing.is_empty() || self.holding;
        self.outgoing.push_back(outgoing);
        if first {
            self.flush_now(host, self.segments());
        }
        if let Some(last) = self.outgoing.back_mut() {
            last.detach();
        }
    }

    /// JavaScript accepts the connection, or the server's certificates.
    pub(super) fn proceed(&mut self) {
        if let Some(secure) = &mut self.secure {
            secure.proceed();
            self.wake();
        }
    }

    /// The stream to be asked before the next write, which begins a request on a connection that
    /// was used before.
    #[cfg(unix)]
    pub(super) fn unasked(&self) -> Option<&Stream> {
        let epoch = self.gate.epoch();
        self.stream
            .as_ref()
            .filter(|_| epoch != self.written_epoch && epoch != self.silent_epoch)
    }

    /// The kernel was asked, and has nothing to read.
    #[cfg(unix)]
    pub(super) fn was_silent(&mut self) {
        self.silent_epoch = self.gate.epoch();
    }

    /// Kills a connection that was used before if the server has closed it, or has spoken unasked:
    /// nothing of the next request is sent, and what has come is not taken for its answer. The
    /// kernel is asked, unless it was (`was_silent`): what tokio remembers may be older than the
    /// request.
    fn look(&mut self, host: &Host) {
        // The event loop has asked already, and its sockets remember.
        let is_told = self.stream.as_ref().is_some_and(Stream::is_told);
        self.is_looking = !is_told && self.gate.epoch() != self.silent_epoch;
        // Over TLS there may be something that was read already.
        if self.is_looking || is_told || self.secure.is_some() {
            // One that has just changed hands has none yet, and is polled at once.
            let waker = self.waker.take();
            let by = waker.as_ref().unwrap_or(Waker::noop());
            self.poll_any_read(host, &mut Context::from_waker(by));
            self.waker = waker;
        }
        self.is_looking = false;
        if self.over {
            self.wake();
        }
    }

    pub(super) fn shutdown(&mut self, host: &Host) {
        self.release(host, true);
        if self.sending == Sending::Open {
            self.sending = Sending::Ending;
            self.wake();
        }
    }

    pub(super) fn resume(&self) {
        self.wake();
    }

    #[cfg(test)]
    pub(super) fn stream(&self) -> Option<&Stream> {
        self.stream.as_ref()
    }

    #[cfg(target_os = "linux")]
    pub(super) fn stream_mut(&mut self) -> Option<&mut Stream> {
        self.stream.as_mut()
    }

    pub(super) fn with_stream(&self, act: impl FnOnce(&Stream)) {
        if let Some(stream) = &self.stream {
            act(stream);
        }
    }

    /// Changes what watches the socket; a failure is the connection's.
    pub(super) fn rewatch(
        &mut self,
        host: &Host,
        change: impl FnOnce(Stream) -> io::Result<Stream>,
    ) {
        match self.stream.take().map(change).transpose() {
            Ok(stream) => self.stream = stream,
            Err(err) => self.fail(host, Syscall::Read, errno(&err)),
        }
    }

    /// Whether another carrier can go on with it: a handshake stays where it has begun.
    pub(super) fn may_move(&self) -> bool {
        self.secure.as_ref().is_none_or(|secure| secure.is_open())
    }

    /// Its carrier gives it up: it waits for nobody there any more. Returns by what it was woken.
    pub(super) fn leave(&mut self, host: &Host) -> Option<Waker> {
        self.release(host, true);
        #[cfg(target_os = "linux")]
        self.leave_writer();
        self.waker.take()
    }

    /// The writer has nothing of it any more: what the kernel does not take now is unsent again.
    #[cfg(target_os = "linux")]
    pub(super) fn leave_writer(&mut self) {
        self.note_late_error();
        let Some(bare) = self.stream.as_mut().and_then(Stream::bare) else {
            return;
        };
        let rest = match bare.leave_writer() {
            Ok(rest) if rest.is_empty() => return,
            Ok(rest) => rest,
            Err(err) => {
                self.fail_writing(&err);
                return self.wake();
            }
        };
        if let Some(secure) = &mut self.secure {
            secure.take_back(rest);
        } else {
            self.gate.take_back_written(rest.len());
            self.outgoing.push_front(Outgoing::copied(&rest, false));
        }
    }

    /// Whether its last event was told: its carrier keeps it no longer.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Drops the connection; with `reset` the server sees a RST.
    pub(super) fn close(&mut self, host: &Host, reset: bool) {
        if !reset {
            self.release(host, true);
        }
        self.hang_up(reset);
        self.finish(host, Event::Closed { conn: self.id });
    }

    /// Closes the socket; with `reset` the server sees a RST. Nothing is told: `close` follows.
    pub(super) fn hang_up(&mut self, reset: bool) {
        if let (true, Some(stream)) = (reset, &self.stream) {
            options::reset_on_close(stream);
        }
        self.stream = None;
    }

    /// What served the connection panicked: its request must hear of it.
    pub(super) fn fail_by_panic(&mut self, host: &Host) {
        self.finish(host, Event::Panicked { conn: self.id });
    }

    /// Lets go of all that it has. Its task ends, and nothing is told.
    pub(super) fn abandon(&mut self) {
        self.over = true;
        self.gate.kill();
        self.stream = None;
        self.secure = None;
        self.holding = false;
        self.outgoing.clear();
        self.wake();
    }

    /// It is over, and this is its last event.
    fn finish(&mut self, host: &Host, last: Event) {
        if self.over {
            return;
        }
        self.abandon();
        host.push(last);
    }

    fn is_handshaking(&self) -> bool {
        self.secure
            .as_ref()
            .is_some_and(|secure| secure.is_handshaking())
    }

    pub(super) fn poll(&mut self, host: &Host, cx: &mut Context<'_>) -> Poll<()> {
        if !self
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            self.waker = Some(cx.waker().clone());
        }
        injected!(Polling);
        self.note_late_error();
        self.poll_flush(host, cx);
        self.poll_shutdown(host, cx);
        let reading = self.poll_any_read(host, cx);
        if let Some(code) = self.write_error
            && reading == Progress::Exhausted
        {
            self.fail(host, Syscall::Write, code);
        }
        if self.over {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn poll_shutdown(&mut self, host: &Host, cx: &mut Context<'_>) {
        let is_due = self.sending == Sending::Ending && self.outgoing.is_empty();
        if !is_due || self.write_error.is_some() || !self.write_here() {
            return;
        }
        if let Some(secure) = &mut self.secure {
            if !secure.may_end() {
                return;
            }
            secure.close_notify();
            self.poll_flush(host, cx);
            if self.has_unsent() {
                return;
            }
        }
        let Some(stream) = &mut self.stream else {
            return;
        };
        // A failure means that the server is gone already, which reading will tell.
        if stream.poll_shutdown(cx).is_ready() {
            self.sending = Sending::Shut;
            host.push(Event::Shut { conn: self.id });
        }
    }

    fn poll_any_read(&mut self, host: &Host, cx: &mut Context<'_>) -> Progress {
        if self.secure.is_some() {
            self.poll_read_secure(host, cx)
        } else {
            self.poll_read(host, cx)
        }
    }

    fn poll_read(&mut self, host: &Host, cx: &mut Context<'_>) -> Progress {
        for _ in 0..READS_PER_TURN {
            if self.ended {
                return Progress::Exhausted;
            }
            let reading = self.gate.reading(self.written_epoch);
            let most = match reading {
                Reading::Unsolicited => 1,
                Reading::Allowed { .. } => match self.demand(host, cx) {
                    Ok(most) => most,
                    Err(progress) => return progress,
                },
            };
            let now = self.is_looking;
            let Some(stream) = &mut self.stream else {
                return Progress::Exhausted;
            };
            match reading {
                Reading::Unsolicited => {
                    let mut byte = [0];
                    if stream
                        .poll_read(cx, &mut ReadBuf::new(&mut byte), self.write_error, now)
                        .is_ready()
                    {
                        self.be_killed(host);
                    }
                    return Progress::Exhausted;
                }
                Reading::Allowed { epoch } => {
                    let mut inbound = host.inbound.borrow_mut();
                    let room = inbound.room(self.room);
                    let room_len = room.len().min(most);
                    let room = &mut room[..room_len];
                    let mut buf = ReadBuf::uninit(room);
                    match stream.poll_read(cx, &mut buf, self.write_error, now) {
                        Poll::Pending => return Progress::Exhausted,
                        Poll::Ready(Ok(())) => {
                            let len = buf.filled().len();
                            if len == 0 {
                                drop(inbound);
                                self.end(host);
                                return Progress::Exhausted;
                            }
                            let chunk = inbound.commit(len);
                            self.room = if len == room_len {
                                (self.room * 4).min(ROOM_MAX)
                            } else if len < self.room / 4 {
                                ROOM_MIN
                            } else {
                                self.room
                            };
                            drop(inbound);
                            host.received(&self.gate, len);
                            host.push(Event::Data {
                                conn: self.id,
                                epoch,
                                chunk,
                            });
                        }
                        Poll::Ready(Err(err)) => {
                            drop(inbound);
                            self.fail(host, Syscall::Read, errno(&err));
                            return Progress::Exhausted;
                        }
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
        Progress::Held
    }

    /// How many bytes to read at most, or where reading stands when it must not go on now.
    fn demand(&self, host: &Host, cx: &Context<'_>) -> Result<usize, Progress> {
        match host.demand(&self.gate, cx.waker()) {
            Wanted::Now(most) => Ok(most),
            Wanted::Later => Err(Progress::Held),
            Wanted::Nothing => Err(Progress::Exhausted),
        }
    }

    /// The server has sent its last byte.
    fn end(&mut self, host: &Host) {
        self.ended = true;
        self.gate.kill();
        host.push(Event::End { conn: self.id });
    }

    /// It ended or spoke while nobody had asked it for anything.
    fn be_killed(&mut self, host: &Host) {
        self.finish(host, Event::Killed { conn: self.id });
    }

    fn fail(&mut self, host: &Host, syscall: Syscall, code: i32) {
        let refused = self
            .secure
            .as_ref()
            .is_some_and(|secure| secure.is_refused());
        let last = Event::Failed {
            conn: self.id,
            syscall,
            code,
            refused,
        };
        self.finish(host, last);
    }

    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }

    fn wake_if_unfinished(&self) {
        if self.has_unsent() || self.write_error.is_some() {
            self.wake();
        }
    }

    /// Bytes that JavaScript takes for written, and the kernel has not got. It waits for what it
    /// has lent.
    pub(super) fn unsent(&self) -> usize {
        if self.write_error.is_some() {
            return 0;
        }
        let ciphertext = self.secure.as_ref().map_or(0, |secure| secure.unsent());
        let told = self.outgoing.iter().filter(|outgoing| !outgoing.is_lent());
        ciphertext + told.map(|outgoing| outgoing.bytes().len()).sum::<usize>()
    }

    fn has_unsent(&self) -> bool {
        let ciphertext = self
            .secure
            .as_ref()
            .is_some_and(|secure| secure.wants_write());
        ciphertext || !self.outgoing.is_empty()
    }
}

/// Turns a panic of the connection's task into a failure of the connection.
struct PanicGuard<'a>(&'a Place, &'a Host);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        let Self(place, host) = self;
        if let (true, Ok(mut place)) = (std::thread::panicking(), place.try_borrow_mut())
            && let Some(conn) = &mut *place
        {
            conn.fail_by_panic(host);
        }
    }
}

#[cfg(test)]
mod tests;
