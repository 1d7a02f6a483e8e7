//! Reading over TLS: ciphertext is read into memory of the thread, and what it says is copied to
//! where JavaScript reads.

use std::io;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;

use super::{Conn, Progress, READS_PER_TURN};
use crate::net::errno::errno;
use crate::net::event::{Event, Syscall};
use crate::net::gate::Reading;
use crate::net::host::Host;
use crate::net::memory::{Chunk, Inbound};
use crate::net::secure::{Incoming, ReadEvent};
use crate::tls::{Failure, Received};

impl Conn {
    /// A parked connection reads too, as a server may send session tickets at any time in TLS 1.3;
    /// anything else that comes then kills it.
    pub(super) fn poll_read_secure(&mut self, host: &Host, cx: &mut Context<'_>) -> Progress {
        for _ in 0..READS_PER_TURN {
            let (epoch, most) = match self.may_read_secure(host, cx) {
                Ok(demand) => demand,
                Err(progress) => return progress,
            };
            match (self.read_secure(host, cx, epoch, most), epoch) {
                (Incoming::Nothing, _) => return Progress::Exhausted,
                (Incoming::Some, _) => {}
                (Incoming::Secured(facts), _) => host.push(Event::Secured {
                    conn: self.id,
                    facts,
                }),
                (Incoming::Failed(failure), Some(_)) => {
                    // What is left is the alert, which the server should see.
                    self.poll_flush(host, cx);
                    self.fail_secure(host, failure);
                }
                (Incoming::Io(err), Some(_)) => self.fail(host, Syscall::Read, errno(&err)),
                (Incoming::End, Some(_)) => self.end(host),
                _ => self.be_killed(host),
            }
            if self.has_unsent() {
                self.poll_flush(host, cx);
            }
            self.poll_shutdown(host, cx);
        }
        cx.waker().wake_by_ref();
        Progress::Held
    }

    /// The epoch that received bytes belong to, None where nobody has asked for any, and how many
    /// to read at most; or how reading stands where it must wait.
    fn may_read_secure(
        &self,
        host: &Host,
        cx: &Context<'_>,
    ) -> Result<(Option<u32>, usize), Progress> {
        let Some(secure) = self.secure.as_ref().filter(|_| !self.ended) else {
            return Err(Progress::Exhausted);
        };
        if self.stream.is_none() || secure.is_held() {
            return Err(Progress::Exhausted);
        }
        match self.gate.reading(self.written_epoch) {
            Reading::Unsolicited => Ok((None, usize::MAX)),
            Reading::Allowed { epoch } if secure.must_read() => Ok((Some(epoch), usize::MAX)),
            Reading::Allowed { epoch } => {
                let most = self.demand(host, cx)?;
                Ok((Some(epoch), most))
            }
        }
    }

    fn read_secure(
        &mut self,
        host: &Host,
        cx: &mut Context<'_>,
        epoch: Option<u32>,
        most: usize,
    ) -> Incoming {
        let (Some(stream), Some(secure)) = (&mut self.stream, &mut self.secure) else {
            return Incoming::Nothing;
        };
        let (write_error, now) = (self.write_error, self.is_looking);
        let mut read = |room: &mut [u8]| {
            let most = room.len().min(most);
            let mut buf = ReadBuf::new(&mut room[..most]);
            match stream.poll_read(cx, &mut buf, write_error, now) {
                Poll::Ready(Ok(())) => Ok(buf.filled().len()),
                Poll::Ready(Err(err)) => Err(err),
                Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            }
        };
        let mut inbound = host.inbound.borrow_mut();
        let (conn, gate) = (self.id, &self.gate);
        let epoch_of_data = epoch.unwrap_or_default();
        // Records follow each other in memory: they are one event.
        let mut gathered: Option<Chunk> = None;
        let deliver = |chunk: Option<Chunk>| {
            if let Some(chunk) = chunk {
                host.received(gate, chunk.len as usize);
                host.push(Event::Data {
                    conn,
                    epoch: epoch_of_data,
                    chunk,
                });
            }
        };
        let mut sink = |event: ReadEvent<'_>| match event {
            ReadEvent::AtMost(len) => {
                inbound.room(len);
            }
            ReadEvent::Received(Received::Data(bytes)) => {
                let chunk = copy(&mut **inbound, bytes);
                if !gathered.as_mut().is_some_and(|last| last.join(chunk)) {
                    deliver(gathered.replace(chunk));
                }
            }
            ReadEvent::Received(Received::Sessions { id, count }) => {
                deliver(gathered.take());
                host.push(Event::Sessions { conn, id, count });
            }
            ReadEvent::Received(Received::HelloRequest) => {
                deliver(gathered.take());
                host.push(Event::HelloRequest { conn });
            }
        };
        let incoming = secure.read(epoch.is_some(), &mut read, &mut sink);
        deliver(gathered);
        incoming
    }

    fn fail_secure(&mut self, host: &Host, failure: Failure) {
        let conn = self.id;
        self.finish(host, Event::TlsFailed { conn, failure });
    }
}

fn copy(inbound: &mut dyn Inbound, bytes: &[u8]) -> Chunk {
    ReadBuf::uninit(inbound.room(bytes.len())).put_slice(bytes);
    inbound.commit(bytes.len())
}
