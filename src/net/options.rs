//! Socket options, as libuv sets them.

use std::time::Duration;

use socket2::TcpKeepalive;

use super::stream::Stream;

/// Seconds between keep-alive probes and how many may be lost: libuv's constants, which Node's
/// documentation of `socket.setKeepAlive()` names.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBES: u32 = 10;

/// What a connection starts with.
#[derive(Clone, Copy, Debug, Default)]
pub struct SocketOptions {
    pub no_delay: bool,
    pub keep_alive: KeepAlive,
}

/// TCP keep-alive. A 0 leaves the default: the system's for `idle_secs`, libuv's for the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepAlive {
    pub on: bool,
    /// Idle seconds before the first probe.
    pub idle_secs: u32,
    pub interval_secs: u32,
    pub probes: u32,
}

/// Applies what differs from a new socket's state. As in Node a refusal is not an error.
pub(super) fn apply(stream: &Stream, options: SocketOptions) {
    if options.no_delay {
        set_no_delay(stream, true);
    }
    if options.keep_alive.on {
        set_keep_alive(stream, options.keep_alive);
    }
}

pub(super) fn set_no_delay(stream: &Stream, on: bool) {
    if let Some(tcp) = stream.tcp() {
        let _ = tcp.set_tcp_nodelay(on);
    }
}

pub(super) fn set_keep_alive(stream: &Stream, keep_alive: KeepAlive) {
    let Some(socket) = stream.tcp() else { return };
    let _ = socket.set_keepalive(keep_alive.on);
    if keep_alive.on && keep_alive.idle_secs > 0 {
        let interval = match keep_alive.interval_secs {
            0 => PROBE_INTERVAL,
            secs => Duration::from_secs(secs.into()),
        };
        let probes = match keep_alive.probes {
            0 => PROBES,
            count => count,
        };
        let timing = TcpKeepalive::new()
            .with_time(Duration::from_secs(keep_alive.idle_secs.into()))
            .with_interval(interval)
            .with_retries(probes);
        let _ = socket.set_tcp_keepalive(&timing);
    }
}

pub(super) fn set_type_of_service(stream: &Stream, value: u32) {
    let Some(socket) = stream.tcp() else { return };
    #[cfg(unix)]
    if socket.peer_addr().is_ok_and(|peer| peer.is_ipv6()) {
        let _ = socket.set_tclass_v6(value);
        return;
    }
    let _ = socket.set_tos_v4(value);
}

/// Makes the close that follows send a RST.
pub(super) fn reset_on_close(stream: &Stream) {
    if let Some(tcp) = stream.tcp() {
        let _ = tcp.set_linger(Some(Duration::ZERO));
    }
}
