//! Asks the kernel which connections have something to read, before requests are written on them.

use super::command::ConnId;
use super::stream::Stream;

/// One question about many connections. Keeps its memory.
#[derive(Default)]
pub(super) struct Question {
    fds: Vec<libc::pollfd>,
    conns: Vec<ConnId>,
}

impl Question {
    pub(super) fn add(&mut self, conn: ConnId, stream: &Stream) {
        self.fds.push(libc::pollfd {
            fd: stream.fd(),
            events: libc::POLLIN,
            revents: 0,
        });
        self.conns.push(conn);
    }

    /// Asks, without waiting, and forgets the connections. Tells those that have nothing to read,
    /// not even an end.
    pub(super) fn ask(&mut self, mut silent: impl FnMut(ConnId)) {
        if self.fds.is_empty() {
            return;
        }
        let count = self.fds.len() as libc::nfds_t;
        // SAFETY: the array has so many elements, and outlives the call; it is not awaited.
        let answered = unsafe { libc::poll(self.fds.as_mut_ptr(), count, 0) };
        if answered >= 0 {
            for (asked, &conn) in self.fds.iter().zip(&self.conns) {
                if asked.revents == 0 {
                    silent(conn);
                }
            }
        }
        self.fds.clear();
        self.conns.clear();
    }
}
