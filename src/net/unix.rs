//! Unix sockets. They are connected at the call, as libuv does it: a folder, a user or a path that
//! the program changes after it changes nothing. Nobody waits for that: the kernel answers at once.

use std::io;

use super::errno::errno;
use super::event::{Endpoint, Failure, Syscall};
use super::stream::Stream;

/// A Unix socket that is connected, or why it is not.
#[derive(Debug)]
pub struct UnixTarget {
    path: String,
    /// None once a connection has it.
    connected: Option<io::Result<system::Socket>>,
}

impl UnixTarget {
    /// Connects to a path, from the folder that the process is in now.
    #[must_use]
    pub fn connect(path: String) -> Self {
        let connected = Some(system::connect(&path));
        Self { path, connected }
    }

    /// Hands the outcome on, on the reactor's thread.
    pub(super) async fn finish(&mut self) -> Result<Stream, Failure> {
        let Some(connected) = self.connected.take() else {
            return Err(Failure::unknown(Syscall::Connect));
        };
        system::serve(connected, &self.path)
            .await
            .map_err(|err| Failure {
                syscall: Syscall::Connect,
                code: errno(&err),
                endpoint: Some(Endpoint::Path(self.path.clone())),
                local: None,
            })
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    use socket2::{Domain, SockAddr, Type};
    use tokio::net::UnixStream;

    use super::Stream;

    pub(super) type Socket = std::os::unix::net::UnixStream;

    pub(super) fn connect(path: &str) -> io::Result<Socket> {
        let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&SockAddr::unix(path)?) {
            Err(err) if err.raw_os_error() != Some(libc::EINPROGRESS) => Err(err),
            _ => Ok(socket.into()),
        }
    }

    pub(super) async fn serve(connected: io::Result<Socket>, path: &str) -> io::Result<Stream> {
        let stream = UnixStream::from_std(connected?)?;
        stream.writable().await?;
        match stream.take_error()? {
            Some(err) => Err(err),
            None => Ok(Stream::Unix {
                stream,
                path: path.to_owned(),
            }),
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    use super::Stream;

    /// There is none.
    pub(super) type Socket = std::convert::Infallible;

    /// WSAEOPNOTSUPP.
    const NOT_SUPPORTED: i32 = 10045;

    pub(super) fn connect(_path: &str) -> io::Result<Socket> {
        Err(io::Error::from_raw_os_error(NOT_SUPPORTED))
    }

    pub(super) async fn serve(connected: io::Result<Socket>, _path: &str) -> io::Result<Stream> {
        match connected? {}
    }
}
