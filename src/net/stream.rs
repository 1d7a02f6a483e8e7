//! The byte stream under a connection.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use super::{Endpoint, scheduling};

pub(super) enum Stream {
    /// `peer` is what was dialled: the server may be gone before the system can be asked. Where that
    /// is no host's address (`0.0.0.0`), it is what the system made of it.
    Tcp { tcp: TcpStream, peer: SocketAddr },
    #[cfg(unix)]
    Unix { stream: UnixStream, path: String },
}

impl Stream {
    pub(super) fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp { tcp, .. } => Some(tcp),
            #[cfg(unix)]
            Self::Unix { .. } => None,
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
        }
    }

    /// Writes what the kernel takes at once; `WouldBlock` where it takes nothing.
    pub(super) fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let result = match (self, parts) {
            (Self::Tcp { tcp, .. }, [bytes]) => tcp.try_write(bytes),
            (Self::Tcp { tcp, .. }, parts) => tcp.try_write_vectored(parts),
            #[cfg(unix)]
            (Self::Unix { stream, .. }, parts) => stream.try_write_vectored(parts),
        };
        result.inspect(|&taken| scheduling::moved(taken))
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = match self {
            Self::Tcp { tcp, .. } => Pin::new(tcp).poll_read(cx, buf),
            #[cfg(unix)]
            Self::Unix { stream, .. } => Pin::new(stream).poll_read(cx, buf),
        };
        poll.map_ok(|()| scheduling::moved(buf.filled().len()))
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
        }
    }
}
