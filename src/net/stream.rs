//! The byte stream under a connection.

use std::io::{self, IoSlice, Read as _};
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::fd::{AsRawFd as _, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

#[cfg(target_os = "linux")]
use super::bare::Bare;
use super::errno::EPIPE;
use super::{Endpoint, scheduling};

pub(super) enum Stream {
    /// `peer` is what was dialled: the server may be gone before the system can be asked. Where
    /// that is no host's address (`0.0.0.0`), it is what the system made of it.
    Tcp { tcp: TcpStream, peer: SocketAddr },
    #[cfg(unix)]
    Unix { stream: UnixStream, path: String },
    /// Without tokio: the event loop carries it, or it is on its way.
    #[cfg(target_os = "linux")]
    Bare { bare: Bare, far: Endpoint },
}

impl Stream {
    /// The socket, where it is TCP's.
    pub(super) fn tcp(&self) -> Option<SockRef<'_>> {
        match self {
            Self::Tcp { tcp, .. } => Some(SockRef::from(tcp)),
            #[cfg(unix)]
            Self::Unix { .. } => None,
            #[cfg(target_os = "linux")]
            Self::Bare { bare, far } => {
                matches!(far, Endpoint::Ip(_)).then(|| SockRef::from(bare.socket()))
            }
        }
    }

    fn socket(&self) -> SockRef<'_> {
        match self {
            Self::Tcp { tcp, .. } => SockRef::from(tcp),
            #[cfg(unix)]
            Self::Unix { stream, .. } => SockRef::from(stream),
            #[cfg(target_os = "linux")]
            Self::Bare { bare, .. } => SockRef::from(bare.socket()),
        }
    }

    /// The near end, where the system tells it, and the far end.
    pub(super) fn endpoints(&self) -> (Option<Endpoint>, Endpoint) {
        match self {
            Self::Tcp { tcp, peer } => {
                (tcp.local_addr().ok().map(Endpoint::Ip), Endpoint::Ip(*peer))
            }
            #[cfg(unix)]
            Self::Unix { path, .. } => (None, Endpoint::Path(path.clone())),
            #[cfg(target_os = "linux")]
            Self::Bare { far, .. } => {
                let local = self.tcp().and_then(|tcp| tcp.local_addr().ok());
                let local = local.and_then(|local| local.as_socket());
                (local.map(Endpoint::Ip), far.clone())
            }
        }
    }

    /// Takes the socket from the tokio runtime of this thread, which has watched it.
    #[cfg(target_os = "linux")]
    pub(super) fn into_bare(self) -> io::Result<Self> {
        let (fd, far) = match self {
            Self::Tcp { tcp, peer } => (tcp.into_std()?.into(), Endpoint::Ip(peer)),
            Self::Unix { stream, path } => (stream.into_std()?.into(), Endpoint::Path(path)),
            Self::Bare { .. } => return Ok(self),
        };
        let bare = Bare::new(fd);
        Ok(Self::Bare { bare, far })
    }

    /// Gives the socket to the tokio runtime of this thread, which watches it from here on.
    #[cfg(target_os = "linux")]
    pub(super) fn into_watched(self) -> io::Result<Self> {
        match self {
            Self::Bare { bare, far } => {
                let fd = bare.into_fd();
                Ok(match far {
                    Endpoint::Ip(peer) => Self::Tcp {
                        tcp: TcpStream::from_std(fd.into())?,
                        peer,
                    },
                    Endpoint::Path(path) => Self::Unix {
                        stream: UnixStream::from_std(fd.into())?,
                        path,
                    },
                })
            }
            watched => Ok(watched),
        }
    }

    /// No event loop of this system carries connections.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn into_bare(self) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn into_watched(self) -> io::Result<Self> {
        Ok(self)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn bare(&mut self) -> Option<&mut Bare> {
        match self {
            Self::Bare { bare, .. } => Some(bare),
            _ => None,
        }
    }

    #[cfg(unix)]
    pub(super) fn fd(&self) -> RawFd {
        match self {
            Self::Tcp { tcp, .. } => tcp.as_raw_fd(),
            Self::Unix { stream, .. } => stream.as_raw_fd(),
            #[cfg(target_os = "linux")]
            Self::Bare { bare, .. } => bare.as_raw_fd(),
        }
    }

    /// Nothing that counts as written waits any more, nor will; `WouldBlock` where the kernel takes
    /// nothing now.
    pub(super) fn write_here(&mut self) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Bare { bare, .. } => bare.write_here(),
            _ => Ok(()),
        }
    }

    /// The number of the failure that a write has met after it counted as taken.
    pub(super) fn late_error(&self) -> Option<i32> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Bare { bare, .. } => bare.write_error(),
            _ => None,
        }
    }

    /// Whether it knows all that the kernel has said, as its carrier asks for it.
    pub(super) fn is_told(&self) -> bool {
        #[cfg(target_os = "linux")]
        if matches!(self, Self::Bare { .. }) {
            return true;
        }
        false
    }

    /// Writes what the kernel takes at once; `WouldBlock` where it takes nothing.
    pub(super) fn try_write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let result = match (self, parts) {
            (Self::Tcp { tcp, .. }, [bytes]) => tcp.try_write(bytes),
            (Self::Tcp { tcp, .. }, parts) => tcp.try_write_vectored(parts),
            #[cfg(unix)]
            (Self::Unix { stream, .. }, parts) => stream.try_write_vectored(parts),
            #[cfg(target_os = "linux")]
            (Self::Bare { bare, .. }, parts) => bare.write(parts),
        };
        result.inspect(|&taken| scheduling::moved(taken))
    }

    /// Reads what is here. `write_error` is libuv's number of the failure that a write has met, if
    /// one has. Where `now` is set the kernel is asked whatever tokio remembers.
    ///
    /// It is asked after such a failure too: an answer may have come just before it. And it tells an
    /// error once, to whoever asks first: where the write has taken it, the end that a read then
    /// finds is that error too. EPIPE alone is the write's own: the server had ended its side
    /// before, in good order.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        write_error: Option<i32>,
        now: bool,
    ) -> Poll<io::Result<()>> {
        let poll = match self {
            Self::Tcp { tcp, .. } => Pin::new(tcp).poll_read(cx, buf),
            #[cfg(unix)]
            Self::Unix { stream, .. } => Pin::new(stream).poll_read(cx, buf),
            #[cfg(target_os = "linux")]
            Self::Bare { bare, .. } => read_bare(bare, buf),
        };
        let poll = match poll {
            Poll::Pending if now || write_error.is_some() => self.read_now(buf),
            poll => poll,
        };
        match (poll, write_error) {
            (Poll::Ready(Ok(())), Some(code)) if buf.filled().is_empty() && code != EPIPE => {
                Poll::Ready(Err(io::Error::from_raw_os_error(code)))
            }
            (poll, _) => poll.map_ok(|()| scheduling::moved(buf.filled().len())),
        }
    }

    fn read_now(&self, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match (&*self.socket()).read(buf.initialize_unfilled()) {
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            read => Poll::Ready(read.map(|len| buf.advance(len))),
        }
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = match (self, parts) {
            (Self::Tcp { tcp, .. }, [bytes]) => Pin::new(tcp).poll_write(cx, bytes),
            (Self::Tcp { tcp, .. }, parts) => Pin::new(tcp).poll_write_vectored(cx, parts),
            #[cfg(unix)]
            (Self::Unix { stream, .. }, parts) => Pin::new(stream).poll_write_vectored(cx, parts),
            #[cfg(target_os = "linux")]
            (Self::Bare { bare, .. }, parts) => ready(bare.write(parts)),
        };
        poll.map_ok(|taken| {
            scheduling::moved(taken);
            taken
        })
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp { tcp, .. } => Pin::new(tcp).poll_shutdown(cx),
            #[cfg(unix)]
            Self::Unix { stream, .. } => Pin::new(stream).poll_shutdown(cx),
            #[cfg(target_os = "linux")]
            Self::Bare { bare, .. } => Poll::Ready(bare.shutdown()),
        }
    }
}

#[cfg(target_os = "linux")]
fn read_bare(bare: &mut Bare, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    // SAFETY: `read` writes initialized bytes alone, and says how many.
    let room = unsafe { buf.unfilled_mut() };
    ready(bare.read(room)).map_ok(|len| {
        // SAFETY: the kernel has written the first `len` bytes.
        unsafe { buf.assume_init(len) };
        buf.advance(len);
    })
}

/// A carrier that says when the socket is ready registers no waker with it.
#[cfg(target_os = "linux")]
fn ready<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(err) if err.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}
