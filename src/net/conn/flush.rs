//! Writing: bytes go to the kernel until it takes no more, or a tail is left.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};

use super::Conn;
use crate::net::errno::errno;
use crate::net::event::Event;
use crate::net::host::Host;
use crate::net::segments::Segments;
use crate::net::stream::Stream;

impl Conn {
    /// Whether a tail waits for more.
    pub(in crate::net) fn is_holding(&self) -> bool {
        self.holding
            || self
                .secure
                .as_ref()
                .is_some_and(|secure| secure.is_holding())
    }

    /// Sends a tail to which nothing more has come: when no message is here that might have more
    /// (`idle`), or none has had any since the last time. Answers whether one still waits.
    pub(in crate::net) fn release(&mut self, host: &Host, idle: bool) -> bool {
        if !self.is_holding() {
            return false;
        }
        if !idle && !std::mem::replace(&mut self.held_once, true) {
            return true;
        }
        self.flush_now(host, Segments::ANY);
        false
    }

    /// How the last write may be cut.
    pub(super) fn segments(&self) -> Segments {
        match (&self.stream, self.outgoing.back()) {
            (Some(stream), Some(last)) => Segments::of(stream, last.bytes().len()),
            _ => Segments::ANY,
        }
    }

    /// Writes what the kernel takes at once; the task does the rest.
    pub(super) fn flush_now(&mut self, host: &Host, segments: Segments) {
        self.held_once = false;
        self.flush(host, segments, |stream, parts| stream.try_write(parts));
        if !self.is_holding() {
            self.wake_if_unfinished();
        }
    }

    /// A tail is left to `release`.
    pub(super) fn poll_flush(&mut self, host: &Host, cx: &mut Context<'_>) {
        if self.is_holding() {
            return;
        }
        self.flush(host, Segments::ANY, |stream, parts| {
            match stream.poll_write(cx, parts) {
                Poll::Ready(result) => result,
                Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            }
        });
    }

    fn flush(
        &mut self,
        host: &Host,
        segments: Segments,
        mut write: impl FnMut(&mut Stream, &[IoSlice<'_>]) -> io::Result<usize>,
    ) {
        // The first failure is the one to tell: the kernel calls the next ones EPIPE.
        if self.write_error.is_some() {
            return;
        }
        let result = loop {
            let result = if self.secure.is_some() {
                self.flush_secure(host, segments, &mut write)
            } else {
                self.flush_plain(host, segments, &mut write)
            };
            match result {
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        match result {
            Err(err) if err.kind() != io::ErrorKind::WouldBlock => self.fail_writing(&err),
            _ => {}
        }
    }

    fn flush_plain(
        &mut self,
        host: &Host,
        segments: Segments,
        write: &mut impl FnMut(&mut Stream, &[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        while let (Some(stream), Some(first)) = (&mut self.stream, self.outgoing.front()) {
            let first = first.bytes();
            let holding = std::mem::take(&mut self.holding);
            let next = self.outgoing.get(1).filter(|_| holding);
            let next = next.map(|next| next.bytes()).unwrap_or_default();
            let len = first.len() + next.len();
            let now = segments.cut(len);
            let taken = if len == 0 {
                0
            } else if next.is_empty() {
                write(stream, &[IoSlice::new(&first[..now])])?
            } else {
                // Of a tail nothing is left: what follows is longer than it, or is not cut.
                let next = next
                    .get(..now.saturating_sub(first.len()))
                    .unwrap_or_default();
                write(stream, &[IoSlice::new(first), IoSlice::new(next)])?
            };
            self.took(host, taken);
            if taken == now && now < len {
                self.holding = true;
                break;
            }
        }
        Ok(())
    }

    fn flush_secure(
        &mut self,
        host: &Host,
        segments: Segments,
        write: &mut impl FnMut(&mut Stream, &[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<()> {
        if let (Some(stream), Some(secure)) = (&mut self.stream, &mut self.secure)
            && (!secure.is_holding() || self.outgoing.is_empty())
        {
            secure.flush(&mut |bytes| write(stream, &[IoSlice::new(bytes)]))?;
        }
        while let (Some(stream), Some(secure)) = (&mut self.stream, &mut self.secure)
            && let Some(first) = self.outgoing.front()
            && secure.is_open()
        {
            let taken = match first.bytes() {
                [] => 0,
                bytes => secure.write(bytes, segments, &mut |bytes| {
                    write(stream, &[IoSlice::new(bytes)])
                })?,
            };
            self.took(host, taken);
        }
        Ok(())
    }

    /// The kernel has these bytes.
    fn took(&mut self, host: &Host, mut taken: usize) {
        self.gate.add_written(taken);
        while let Some(first) = self.outgoing.front_mut() {
            let part = taken.min(first.bytes().len());
            if !first.advance(part) {
                return;
            }
            if first.acknowledge() {
                let conn = self.id;
                host.push(Event::Written { conn, count: 1 });
            }
            self.outgoing.pop_front();
            taken -= part;
            if taken == 0 {
                return;
            }
        }
    }

    /// What the writer has met fails the connection as a write of its own would.
    pub(super) fn note_late_error(&mut self) {
        if let (None, Some(code)) = (
            self.write_error,
            self.stream.as_ref().and_then(Stream::late_error),
        ) {
            self.fail_writing(&io::Error::from_raw_os_error(code));
        }
    }

    /// What ends the sending direction follows what was written before: whether the kernel has that.
    /// A failure of close_notify is none of the connection's, so it must be known from theirs.
    pub(super) fn write_here(&mut self) -> bool {
        match self.stream.as_mut().map_or(Ok(()), Stream::write_here) {
            Ok(()) => true,
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => false,
            Err(err) => {
                self.fail_writing(&err);
                false
            }
        }
    }

    pub(super) fn fail_writing(&mut self, err: &io::Error) {
        self.write_error.get_or_insert(errno(err));
        self.gate.kill();
        self.holding = false;
        self.outgoing.clear();
    }
}
