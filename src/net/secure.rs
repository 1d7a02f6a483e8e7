//! TLS between a connection and its stream: ciphertext that waits for the kernel, and the first
//! part of a record that waits for its rest.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use crate::tls::{Client, Facts, Failure, Handshake, Kind, Progress, Received, ciphertext_bytes};

use super::burst::Running;
use super::errno::BROKEN_PIPE;
use super::segments::{Segments, TAIL_BYTES_MAX};

/// Ciphertext of one read or one write, shared by the connections of a reactor: what fits the
/// second-level cache with what is made of it, and becomes no more plaintext than the largest slab
/// holds. A handshake message, of 64 KiB at most, leaves room to read on.
const SCRATCH_BYTES: usize = 80 << 10;

/// Plaintext that is encrypted before the kernel has taken it.
const WRITE_BYTES_MAX: usize = 64 << 10;

const _: () = assert!(TAIL_BYTES_MAX + ciphertext_bytes(WRITE_BYTES_MAX) < SCRATCH_BYTES);

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// JavaScript has a say in the connection: nothing is sent or read until it has spoken.
    Waiting,
    Handshaking,
    /// JavaScript has a say in the certificates: nothing is sent or read until it has spoken.
    Held,
    Open,
}

/// What reading has brought.
pub(super) enum Incoming {
    Nothing,
    /// Received data went to the sink, or there was none in it.
    Some,
    /// Something has come that nobody asked for.
    Unsolicited,
    /// The handshake has ended. The sink has got nothing.
    Secured(Arc<Facts>),
    /// The server has sent its last byte.
    End,
    Failed(Failure),
    Io(io::Error),
}

pub(super) struct Secure {
    client: Client,
    state: State,
    /// Until the connection is open.
    running: Option<Running>,
    /// Ciphertext that the kernel has not taken, from `sent` on.
    pending: Vec<u8>,
    sent: usize,
    /// Whether `pending` is a tail, which leaves with what follows.
    holding: bool,
    /// Plaintext in `pending` that was not answered for yet.
    unanswered: usize,
    /// Ciphertext that was read and not looked at: a record's first part, or what came behind the
    /// end of the handshake.
    unread: Vec<u8>,
    /// Whether `unread` is to be looked at although nothing new has come.
    resume: bool,
    /// Whether `unread` begins a record of which nobody had asked for the first part.
    stale: bool,
    notified: bool,
}

impl Secure {
    /// Prepares the handshake. After `proceed` its first flight is sent by `flush`.
    pub(super) fn new(handshake: Handshake) -> Result<Self, Failure> {
        let mut pending = Vec::new();
        let client = Client::new(handshake, &mut pending)?;
        Ok(Self {
            client,
            state: State::Waiting,
            running: Some(Running::new()),
            pending,
            sent: 0,
            holding: false,
            unanswered: 0,
            unread: Vec::new(),
            resume: false,
            stale: false,
            notified: false,
        })
    }

    /// Whether data may be written. What came behind the end of the handshake is read before.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open && !self.resume
    }

    /// Whether reading must go on whatever JavaScript wants.
    pub(super) fn must_read(&self) -> bool {
        self.state == State::Handshaking || self.resume
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.state == State::Handshaking
    }

    /// Whether the server has answered the handshake by nothing but alerts.
    pub(super) fn is_refused(&self) -> bool {
        self.state == State::Handshaking && self.client.is_refused()
    }

    pub(super) fn is_held(&self) -> bool {
        matches!(self.state, State::Waiting | State::Held)
    }

    /// Whether the sending direction may be closed: who ends within the handshake ends it, as with
    /// OpenSSL.
    pub(super) fn may_end(&self) -> bool {
        self.state == State::Handshaking || self.is_open()
    }

    /// Whether `flush` has something to do.
    pub(super) fn wants_write(&self) -> bool {
        !self.is_held() && self.sent < self.pending.len()
    }

    /// Ciphertext that waits for the kernel alone.
    pub(super) fn unsent(&self) -> usize {
        if self.wants_write() {
            self.pending.len() - self.sent
        } else {
            0
        }
    }

    /// Whether a tail waits for more.
    pub(super) fn is_holding(&self) -> bool {
        self.holding
    }

    /// JavaScript accepts the connection, or the certificates.
    pub(super) fn proceed(&mut self) {
        match self.state {
            State::Waiting => self.state = State::Handshaking,
            State::Held => self.open(),
            State::Handshaking | State::Open => {}
        }
    }

    /// A new request holds the connection: what has begun to come is not for it.
    pub(super) fn next_exchange(&mut self) {
        self.stale |= !self.unread.is_empty();
    }

    /// Sends what is pending, a tail too, by `write`, which hands ciphertext to the kernel. A
    /// server that is gone need not be told that nothing more comes: that is no failure.
    pub(super) fn flush(
        &mut self,
        write: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<()> {
        self.holding = false;
        while self.wants_write() {
            let rest = self.pending.get(self.sent..).unwrap_or_default();
            match write(rest) {
                Ok(len) => self.sent += len,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Err(err),
                Err(_) if self.notified => break,
                Err(err) => return Err(err),
            }
        }
        if !self.is_held() {
            // An idle connection keeps no buffer.
            self.pending = Vec::new();
            self.sent = 0;
        }
        Ok(())
    }

    /// Ciphertext that was sent, and that the kernel has not taken.
    #[cfg(target_os = "linux")]
    pub(super) fn take_back(&mut self, mut ciphertext: Vec<u8>) {
        ciphertext.extend(self.pending.drain(self.sent..));
        self.pending = ciphertext;
        self.sent = 0;
    }

    /// Writes plaintext, behind a tail if there is one, as a stream does: answers how much the
    /// kernel has taken or will get with what follows, or `WouldBlock`, upon which the same bytes
    /// are to be written again.
    pub(super) fn write(
        &mut self,
        plaintext: &[u8],
        segments: Segments,
        write: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if !std::mem::take(&mut self.holding) {
            self.flush(write)?;
        }
        if self.unanswered > 0 {
            return Ok(std::mem::take(&mut self.unanswered));
        }
        let plaintext = &plaintext[..plaintext.len().min(WRITE_BYTES_MAX)];
        SCRATCH.with_borrow_mut(|scratch| {
            let held = std::mem::take(&mut self.pending);
            let (head, room) = scratch.split_at_mut(held.len());
            head.copy_from_slice(&held);
            let encrypted = self.client.encrypt(&mut self.unread, plaintext, room);
            // The connection can carry no more: for its user it is broken.
            let len = encrypted.map_err(|_| io::Error::from_raw_os_error(BROKEN_PIPE))?;
            let ciphertext = scratch.get(..held.len() + len).unwrap_or_default();
            let (mut rest, tail) = ciphertext.split_at(segments.cut(ciphertext.len()));
            while !rest.is_empty() {
                match write(rest) {
                    Ok(len) => rest = rest.get(len..).unwrap_or_default(),
                    Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                    Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                        self.pending = [rest, tail].concat();
                        self.unanswered = plaintext.len();
                        return Err(err);
                    }
                    Err(err) => return Err(err),
                }
            }
            self.holding = !tail.is_empty();
            self.pending = tail.to_vec();
            Ok(plaintext.len())
        })
    }

    /// Says once that nothing more will be sent; `flush` sends it. Within the handshake there is
    /// no way to say so.
    pub(super) fn close_notify(&mut self) {
        if !std::mem::replace(&mut self.notified, true) && self.is_open() {
            self.holding = false;
            self.client
                .close_notify(&mut self.unread, &mut self.pending);
        }
    }

    /// Reads once by `read`, which fills memory from the stream and answers `WouldBlock` where
    /// there is nothing. `sink` is first told how much data may come, then gets it; not where
    /// nobody has `asked`.
    pub(super) fn read(
        &mut self,
        asked: bool,
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
        sink: &mut dyn FnMut(Sunk<'_>),
    ) -> Incoming {
        SCRATCH.with_borrow_mut(|scratch| {
            let kept = self.unread.len();
            let mut len = kept;
            if !std::mem::take(&mut self.resume) {
                let room = scratch.get_mut(kept..).unwrap_or_default();
                if room.is_empty() {
                    return Incoming::Failed(Failure {
                        kind: Kind::TooLong,
                        ..self.client.other()
                    });
                }
                match read(room) {
                    Ok(0) if self.client.is_handshaking() => {
                        return Incoming::Failed(self.client.eof());
                    }
                    Ok(0) => return Incoming::End,
                    Ok(read) => len += read,
                    Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                        return Incoming::Nothing;
                    }
                    Err(err) => return Incoming::Io(err),
                }
            }
            let ciphertext = scratch.get_mut(..len).unwrap_or_default();
            let (head, _) = ciphertext.split_at_mut(kept);
            head.copy_from_slice(&self.unread);
            self.take(asked, ciphertext, sink)
        })
    }

    fn take(
        &mut self,
        asked: bool,
        ciphertext: &mut [u8],
        sink: &mut dyn FnMut(Sunk<'_>),
    ) -> Incoming {
        let mut start = 0;
        if self.stale {
            let Some(end) = record_end(ciphertext) else {
                self.unread = ciphertext.to_vec();
                return Incoming::Some;
            };
            let record = ciphertext.get_mut(..end).unwrap_or_default();
            let (used, incoming) = self.feed(false, record, sink);
            if used != end || !matches!(incoming, Incoming::Some) {
                return match incoming {
                    Incoming::Some => Incoming::Unsolicited,
                    incoming => incoming,
                };
            }
            start = end;
        }
        let rest = ciphertext.get_mut(start..).unwrap_or_default();
        if asked && self.is_open() {
            sink(Sunk::AtMost(rest.len()));
        }
        let (used, incoming) = self.feed(asked, rest, sink);
        self.unread = rest.get(used..).unwrap_or_default().to_vec();
        self.stale = !self.unread.is_empty() && !asked;
        incoming
    }

    /// Gives ciphertext to rustls: how much of it is used up, and what it has brought.
    fn feed(
        &mut self,
        asked: bool,
        ciphertext: &mut [u8],
        sink: &mut dyn FnMut(Sunk<'_>),
    ) -> (usize, Incoming) {
        let mut unsolicited = false;
        let mut received = |received: Received<'_>| match received {
            Received::Data([]) => {}
            Received::Data(_) if !asked => unsolicited = true,
            received => sink(Sunk::Received(received)),
        };
        let pending = self.pending.len();
        let (used, result) = self
            .client
            .receive(ciphertext, &mut self.pending, &mut received);
        // What TLS itself has to say takes the tail along.
        self.holding &= self.pending.len() == pending;
        let incoming = match result {
            _ if unsolicited => Incoming::Unsolicited,
            Ok(Progress::Consumed) if asked || self.client.expects_messages() => Incoming::Some,
            Ok(Progress::Consumed) => Incoming::Unsolicited,
            Ok(Progress::Closed) => Incoming::End,
            Ok(Progress::Secured) => self.secured(),
            Err(failure) => Incoming::Failed(failure),
        };
        (used, incoming)
    }

    fn secured(&mut self) -> Incoming {
        let Some(facts) = self.client.facts() else {
            return Incoming::Failed(self.client.other());
        };
        if facts.are_trusted() {
            self.open();
        } else {
            self.state = State::Held;
        }
        Incoming::Secured(Arc::new(facts))
    }

    fn open(&mut self) {
        self.client.accept();
        self.running = None;
        self.state = State::Open;
        self.resume = true;
    }
}

/// Where the record that these bytes begin with ends, if all of it is here.
fn record_end(bytes: &[u8]) -> Option<usize> {
    let [_, _, _, high, low, body @ ..] = bytes else {
        return None;
    };
    let len = usize::from(u16::from_be_bytes([*high, *low]));
    (len <= body.len()).then_some(5 + len)
}

/// What a sink hears.
pub(super) enum Sunk<'a> {
    /// No more data than this will come.
    AtMost(usize),
    Received(Received<'a>),
}
