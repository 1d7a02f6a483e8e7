//! A socket that no runtime watches: its carrier says when it is ready, and it answers at once.
//!
//! The kernel tells of readiness once, when it comes (edge-triggered). So it is remembered here
//! until a call shows that it has gone, and nobody asks the kernel in vain.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use mio::event::Event;
use socket2::Socket;

use super::errno::EPIPE;
use super::writer::{Line, Writer};

pub(super) struct Bare {
    /// To the writer, once it has sent something for this connection. Dropped before the socket.
    line: Option<Line>,
    /// Whether the writer sends what is written from now on.
    is_aside: bool,
    socket: Socket,
    readable: bool,
    writable: bool,
    /// The server has ended, or the connection has failed: reading tells until it has told all.
    ended: bool,
}

impl Bare {
    /// Of a socket that does not block. Nothing is known of it yet, so that all is tried.
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self {
            line: None,
            is_aside: false,
            socket: socket.into(),
            readable: true,
            writable: true,
            ended: false,
        }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) fn into_fd(self) -> OwnedFd {
        drop(self.line);
        self.socket.into()
    }

    /// Who sends what is written from now on: the writer, by this line if there is none yet, or the
    /// caller itself.
    pub(super) fn write_by(
        &mut self,
        writer: Option<&'static Writer>,
        line: impl FnOnce(&'static Writer, RawFd) -> Line,
    ) {
        self.is_aside = writer.is_some();
        if let (Some(writer), None) = (writer, &self.line) {
            self.line = Some(line(writer, self.socket.as_raw_fd()));
        }
    }

    /// Leaves the writer. What was written, and the kernel does not take now.
    ///
    /// # Errors
    ///
    /// What a `send` has met.
    pub(super) fn leave_writer(&mut self) -> io::Result<Vec<u8>> {
        self.is_aside = false;
        self.line.take().map_or(Ok(Vec::new()), Line::into_rest)
    }

    /// From now on what is written is sent here. `WouldBlock` where something waits that goes before
    /// it.
    ///
    /// # Errors
    ///
    /// What a `send` has met.
    pub(super) fn write_here(&mut self) -> io::Result<()> {
        self.is_aside = false;
        self.recall()
    }

    /// The number of the failure that the writer has met, which nobody was told of.
    pub(super) fn write_error(&self) -> Option<i32> {
        self.line.as_ref().and_then(Line::error)
    }

    /// The kernel has told of this.
    pub(super) fn note(&mut self, event: &Event) {
        self.readable |= event.is_readable();
        if event.is_writable() {
            self.writable = true;
            if let Some(line) = &self.line {
                line.note_room();
            }
        }
        self.ended |= event.is_read_closed() || event.is_write_closed() || event.is_error();
    }

    pub(super) fn is_readable(&self) -> bool {
        self.readable || self.ended
    }

    /// Reads what is here; `WouldBlock` where nothing is. A read that leaves room has taken all.
    pub(super) fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        if !self.readable && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = retried(|| self.socket.recv(room));
        match &result {
            Ok(0) => return self.end(),
            Ok(len) if *len < room.len() => self.readable = false,
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                self.ended = false;
            }
            _ => {}
        }
        result
    }

    /// Nothing more comes. The kernel tells why once, to whoever asks first, and that may have been
    /// the writer. EPIPE alone is its own: the server had ended before, in good order.
    fn end(&self) -> io::Result<usize> {
        match self.line.as_ref().and_then(Line::last_error) {
            Some(code) if code != EPIPE => Err(io::Error::from_raw_os_error(code)),
            _ => Ok(0),
        }
    }

    /// Writes what the kernel takes at once; `WouldBlock` where it takes nothing. What the writer
    /// sends counts as taken.
    pub(super) fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if !self.writable {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = parts.iter().map(|part| part.len()).sum();
        if let Some(line) = self.line.as_mut().filter(|_| self.is_aside)
            && line.give(parts, len)?
        {
            return Ok(len);
        }
        // What waits goes before it.
        self.recall()?;
        self.send(parts, len)
    }

    fn recall(&mut self) -> io::Result<()> {
        let result = self.line.as_mut().map_or(Ok(()), Line::recall);
        if would_block(&result) {
            self.writable = false;
        }
        result
    }

    fn send(&mut self, parts: &[IoSlice<'_>], len: usize) -> io::Result<usize> {
        let result = retried(|| match parts {
            // A program may have no handler of SIGPIPE any more, as when it has had one.
            [bytes] => self.socket.send_with_flags(bytes, libc::MSG_NOSIGNAL),
            parts => self
                .socket
                .send_vectored_with_flags(parts, libc::MSG_NOSIGNAL),
        });
        if would_block(&result) || matches!(result, Ok(taken) if taken < len) {
            self.writable = false;
        }
        result
    }

    pub(super) fn shutdown(&self) -> io::Result<()> {
        self.socket.shutdown(Shutdown::Write)
    }
}

impl AsRawFd for Bare {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

pub(super) fn retried<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn would_block<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(err) if err.kind() == io::ErrorKind::WouldBlock)
}
