//! Connections that somebody else has made: Node's own `net.connect()`, where a tracer wants to see
//! it connect.

use std::io;

use super::errno::errno;
use super::event::{Failure, Syscall};
use super::stream::Stream;

/// A connected socket.
#[derive(Debug)]
pub struct Made {
    /// None once a connection has it.
    socket: Option<system::Socket>,
}

impl Made {
    /// Over a descriptor of its own: who made the connection closes the other one.
    ///
    /// # Errors
    ///
    /// Where the process has no descriptor left, and where this is no connected socket.
    #[cfg(unix)]
    pub fn duplicate(fd: std::os::fd::BorrowedFd<'_>) -> io::Result<Self> {
        let socket = system::duplicate(fd)?;
        Ok(Self {
            socket: Some(socket),
        })
    }

    /// Hands it on, on the reactor's thread.
    pub(super) fn serve(&mut self) -> Result<Stream, Failure> {
        let socket = self.socket.take();
        let socket = socket.ok_or_else(|| Failure::unknown(Syscall::Read))?;
        system::serve(socket).map_err(|err: io::Error| Failure {
            code: errno(&err),
            ..Failure::unknown(Syscall::Read)
        })
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::net::SocketAddr;
    use std::os::fd::{BorrowedFd, OwnedFd};

    use tokio::net::{TcpStream, UnixStream};

    use super::Stream;

    #[derive(Debug)]
    pub(super) struct Socket {
        fd: OwnedFd,
        far: Far,
    }

    #[derive(Debug)]
    enum Far {
        Ip(SocketAddr),
        Path,
    }

    pub(super) fn duplicate(fd: BorrowedFd<'_>) -> io::Result<Socket> {
        let fd = fd.try_clone_to_owned()?;
        let socket = socket2::SockRef::from(&fd);
        let peer = socket.peer_addr()?;
        let far = match peer.as_socket() {
            Some(peer) => Far::Ip(peer),
            None if peer.is_unix() => Far::Path,
            None => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(Socket { fd, far })
    }

    pub(super) fn serve(Socket { fd, far }: Socket) -> io::Result<Stream> {
        Ok(match far {
            Far::Ip(peer) => Stream::Tcp {
                tcp: TcpStream::from_std(fd.into())?,
                peer,
            },
            // Nobody asks for it: JavaScript has connected to it.
            Far::Path => Stream::Unix {
                stream: UnixStream::from_std(fd.into())?,
                path: String::new(),
            },
        })
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    use super::Stream;

    /// There is none: libuv gives no descriptor away.
    pub(super) type Socket = std::convert::Infallible;

    pub(super) fn serve(socket: Socket) -> io::Result<Stream> {
        match socket {}
    }
}
