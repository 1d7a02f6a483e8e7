//! A thread that sends what JavaScript's thread has written on the connections that it carries.
//!
//! With many requests under way `send` is the costly half of an exchange: on the way to a server on
//! the same machine the receiver's half of TCP runs inside it. Beside JavaScript it holds up
//! nobody, and no answer waits for a thread, as JavaScript's own still reads. It is not a reactor's
//! thread, which may be busy with handshakes and bulk.
//!
//! A connection's `Line` is what the two threads share of it. The bytes of one connection leave in
//! the order in which they were written, whoever sends them: JavaScript's thread takes back what
//! waits before it sends by itself.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::thread::{available_parallelism, yield_now};

use socket2::SockRef;

use super::bare::retried;
use super::caught::caught;
use super::errno::{UNKNOWN_ERRNO, errno};
use super::outbox::Outbox;
use crate::lock::lock;

/// A longer write is worth no copy, and no hop.
const WRITE_BYTES_MAX: usize = 16 << 10;

/// Bytes of one connection that may wait, beside what is being sent. They count as written, and are
/// lost where the program closes the connection while the kernel takes nothing: so it is little.
const WAITING_BYTES_MAX: usize = 32 << 10;

/// How often the writer lets others have its CPU before it sleeps, of which each takes some 0.3 us
/// where nobody wants it. JavaScript writes every 10 to 20 us then, and a sleeper would have to be
/// woken for each write: at 10 requests at once that cost a fifth of the rate.
const YIELDS: u32 = 100;

/// The process has one.
pub(super) struct Writer {
    queue: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Arc<Shared>>,
    is_asleep: bool,
}

impl Writer {
    /// Started at the first call. None where the system gives no thread, or there is one CPU alone.
    pub(super) fn get() -> Option<&'static Self> {
        static WRITER: OnceLock<Option<&'static Writer>> = OnceLock::new();
        *WRITER.get_or_init(|| {
            if available_parallelism().map_or(1, usize::from) < 2 {
                return None;
            }
            let writer: &Self = Box::leak(Box::new(Self {
                queue: Mutex::default(),
                filled: Condvar::new(),
            }));
            let thread = std::thread::Builder::new().name("oxagent-write".into());
            thread.spawn(|| writer.run()).ok().map(|_| writer)
        })
    }

    fn push(&self, line: Arc<Shared>) {
        let mut queue = lock(&self.queue);
        queue.lines.push_back(line);
        let is_asleep = std::mem::take(&mut queue.is_asleep);
        drop(queue);
        if is_asleep {
            self.filled.notify_one();
        }
    }

    fn run(&self) -> ! {
        // Empty between two lines: its memory goes round.
        let mut bytes = Vec::new();
        loop {
            let line = self.next();
            if caught(|| line.serve(&mut bytes)) {
                bytes.clear();
                line.fail();
            }
        }
    }

    fn next(&self) -> Arc<Shared> {
        for _ in 0..YIELDS {
            if let Some(line) = lock(&self.queue).lines.pop_front() {
                return line;
            }
            yield_now();
        }
        let mut queue = lock(&self.queue);
        loop {
            if let Some(line) = queue.lines.pop_front() {
                return line;
            }
            queue.is_asleep = true;
            queue = wait(&self.filled, queue);
        }
    }
}

/// The owner's end of a connection's way through the writer. When it is dropped, all that waited
/// is with the kernel, or will never be sent, and no thread uses the socket any more: it has to go
/// before the socket.
pub(super) struct Line {
    shared: Arc<Shared>,
    /// Whether the writer may have something of it still.
    is_given: bool,
}

struct Shared {
    writer: &'static Writer,
    fd: RawFd,
    /// Has the connection driven again, in the next turn of the event loop, which the outbox wakes.
    waker: Waker,
    outbox: Arc<Outbox>,
    state: Mutex<State>,
    sent: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// In the writer's queue, or in its hands.
    is_queued: bool,
    is_sending: bool,
    /// Whether the owner waits for the end of a `send`.
    is_awaited: bool,
    /// The kernel takes nothing more until it tells of room.
    is_blocked: bool,
    /// It has told of room since the last `send` began, which may be what that one has missed.
    has_room: bool,
    /// The number of what a `send` has met: nothing more is sent.
    error: Option<i32>,
}

impl Line {
    /// For a socket that does not block.
    pub(super) fn new(
        writer: &'static Writer,
        fd: RawFd,
        waker: Waker,
        outbox: Arc<Outbox>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                writer,
                fd,
                waker,
                outbox,
                state: Mutex::default(),
                sent: Condvar::new(),
            }),
            is_given: false,
        }
    }

    /// Has the writer send these `len` bytes, behind what waits. False where they are too many.
    ///
    /// # Errors
    ///
    /// What an earlier `send` has met.
    pub(super) fn give(&mut self, parts: &[IoSlice<'_>], len: usize) -> io::Result<bool> {
        let mut state = lock(&self.shared.state);
        state.check()?;
        if len > WRITE_BYTES_MAX || state.waiting.len() + len > WAITING_BYTES_MAX {
            return Ok(false);
        }
        for part in parts {
            state.waiting.extend_from_slice(part);
        }
        self.is_given = true;
        self.shared.enqueue(state);
        Ok(true)
    }

    /// Sends what waits. Blocks while the writer is sending some of it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` where the kernel does not take all: the writer has the rest, and sends it when
    /// there is room. Else what a `send` has met.
    pub(super) fn recall(&mut self) -> io::Result<()> {
        if !self.is_given {
            return Ok(());
        }
        let mut state = self.shared.at_rest();
        state.check()?;
        // Under the lock, so that the writer sends nothing meanwhile.
        let waiting = std::mem::take(&mut state.waiting);
        let sent = self.shared.send(&waiting);
        // The kernel has told of a failure, and will not again.
        let taken = sent.inspect_err(|err| state.error = Some(errno(err)))?;
        let rest = waiting.get(taken..).unwrap_or_default();
        state.is_blocked = !rest.is_empty();
        if state.is_blocked {
            state.waiting = rest.to_vec();
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.is_given = false;
        Ok(())
    }

    /// What waits, and the kernel does not take now.
    ///
    /// # Errors
    ///
    /// What a `send` has met.
    pub(super) fn into_rest(mut self) -> io::Result<Vec<u8>> {
        match self.recall() {
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                Ok(std::mem::take(&mut self.shared.at_rest().waiting))
            }
            recalled => recalled.map(|()| Vec::new()),
        }
    }

    /// The kernel has told of room.
    pub(super) fn note_room(&self) {
        if !self.is_given {
            return;
        }
        let mut state = lock(&self.shared.state);
        state.has_room = true;
        if std::mem::take(&mut state.is_blocked) && !state.waiting.is_empty() {
            self.shared.enqueue(state);
        }
    }

    /// The number of the failure that a `send` has met until now.
    pub(super) fn error(&self) -> Option<i32> {
        if self.is_given {
            lock(&self.shared.state).error
        } else {
            None
        }
    }

    /// The same, after the `send` that is under way: it may have taken from the socket what the
    /// caller finds missing.
    pub(super) fn last_error(&self) -> Option<i32> {
        self.shared.at_rest().error.filter(|_| self.is_given)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.recall();
        self.shared.at_rest().waiting.clear();
    }
}

impl State {
    fn check(&self) -> io::Result<()> {
        self.error
            .map_or(Ok(()), |error| Err(io::Error::from_raw_os_error(error)))
    }
}

impl Shared {
    fn enqueue(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let is_due = !state.is_blocked && !std::mem::replace(&mut state.is_queued, true);
        drop(state);
        if is_due {
            self.writer.push(self.clone());
        }
    }

    fn at_rest(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        while state.is_sending {
            state.is_awaited = true;
            state = wait(&self.sent, state);
        }
        state.is_awaited = false;
        state
    }

    /// Sends what waits, by way of `bytes`, which is empty before and after.
    fn serve(&self, bytes: &mut Vec<u8>) {
        let mut state = lock(&self.state);
        while !state.waiting.is_empty() && !state.is_blocked {
            std::mem::swap(&mut state.waiting, bytes);
            state.is_sending = true;
            state.has_room = false;
            drop(state);
            let result = self.send(bytes);
            state = lock(&self.state);
            state.is_sending = false;
            if state.is_awaited {
                self.sent.notify_one();
            }
            let taken = result.unwrap_or_else(|err| {
                state.error = Some(errno(&err));
                state.waiting.clear();
                bytes.len()
            });
            if taken < bytes.len() {
                state.waiting.splice(..0, bytes.drain(taken..));
                state.is_blocked = !state.has_room;
            }
            bytes.clear();
        }
        state.is_queued = false;
        let has_failed = state.error.is_some();
        // Not under the lock: the owner takes it while it has the list that the waker adds to.
        drop(state);
        if has_failed {
            self.wake_owner();
        }
    }

    /// After a panic: nobody knows what was sent.
    fn fail(&self) {
        let mut state = lock(&self.state);
        state.is_sending = false;
        state.is_queued = false;
        state.error = Some(UNKNOWN_ERRNO);
        state.waiting.clear();
        drop(state);
        self.sent.notify_one();
        self.wake_owner();
    }

    fn wake_owner(&self) {
        self.waker.wake_by_ref();
        self.outbox.wake();
    }

    /// How much the kernel takes now: nothing where it has no room.
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        // SAFETY: the socket is open, as its owner drops its `Line` before it, which waits for the
        // end of this.
        let socket = unsafe { BorrowedFd::borrow_raw(self.fd) };
        let socket = SockRef::from(&socket);
        match retried(|| socket.send_with_flags(bytes, libc::MSG_NOSIGNAL)) {
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => Ok(0),
            result => result,
        }
    }
}

fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}
