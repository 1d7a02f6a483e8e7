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

pub(super) struct Bare {
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
        self.socket.into()
    }

    /// The kernel has told of this.
    pub(super) fn note(&mut self, event: &Event) {
        self.readable |= event.is_readable();
        self.writable |= event.is_writable();
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
            Ok(len) if *len < room.len() => self.readable = false,
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                self.ended = false;
            }
            _ => {}
        }
        result
    }

    /// Writes what the kernel takes at once; `WouldBlock` where it takes nothing.
    pub(super) fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if !self.writable {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = retried(|| match parts {
            // A program may have no handler of SIGPIPE any more, as when it has had one.
            [bytes] => self.socket.send_with_flags(bytes, libc::MSG_NOSIGNAL),
            parts => self
                .socket
                .send_vectored_with_flags(parts, libc::MSG_NOSIGNAL),
        });
        let len: usize = parts.iter().map(|part| part.len()).sum();
        match &result {
            Ok(taken) if *taken < len => self.writable = false,
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => self.writable = false,
            _ => {}
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

fn retried<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
