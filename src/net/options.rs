//! Socket options, as libuv sets them.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use super::stream::Stream;

/// Seconds between keep-alive probes and how many may be lost: libuv's constants, which Node's
/// documentation of `socket.setKeepAlive()` names.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBES: u32 = 10;

/// What a connection starts with.
#[derive(Clone, Copy, Debug, Default)]
pub struct SocketOptions {
    pub no_delay: bool,
    pub keep_alive: bool,
    /// Idle seconds before the first probe; 0 leaves the system's default.
    pub keep_alive_secs: u32,
}

/// Applies what differs from a new socket's state. As in Node a refusal is not an error.
pub(super) fn apply(stream: &Stream, options: SocketOptions) {
    if options.no_delay {
        set_no_delay(stream, true);
    }
    if options.keep_alive {
        set_keep_alive(stream, true, options.keep_alive_secs);
    }
}

pub(super) fn set_no_delay(stream: &Stream, on: bool) {
    if let Some(tcp) = stream.tcp() {
        let _ = tcp.set_nodelay(on);
    }
}

pub(super) fn set_keep_alive(stream: &Stream, on: bool, idle_secs: u32) {
    let Some(tcp) = stream.tcp() else { return };
    let socket = SockRef::from(tcp);
    let _ = socket.set_keepalive(on);
    if on && idle_secs > 0 {
        let probes = TcpKeepalive::new()
            .with_time(Duration::from_secs(idle_secs.into()))
            .with_interval(PROBE_INTERVAL)
            .with_retries(PROBES);
        let _ = socket.set_tcp_keepalive(&probes);
    }
}

pub(super) fn set_type_of_service(stream: &Stream, value: u32) {
    let Some(tcp) = stream.tcp() else { return };
    let socket = SockRef::from(tcp);
    let _ = match tcp.peer_addr() {
        Ok(peer) if peer.is_ipv6() => socket.set_tclass_v6(value),
        _ => socket.set_tos_v4(value),
    };
}

/// Makes the close that follows send a RST.
pub(super) fn reset_on_close(stream: &Stream) {
    if let Some(tcp) = stream.tcp() {
        let _ = SockRef::from(tcp).set_linger(Some(Duration::ZERO));
    }
}
