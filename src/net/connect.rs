//! From a name or a path to a connected stream: resolve, then Happy Eyeballs.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::command::ConnId;
use super::errno::{INVALID, errno};
use super::event::{Attempt, Endpoint, Event, Failure, Syscall};
use super::made::Made;
use super::options::SocketOptions;
use super::resolve::{NUMERIC_HOST, Order, Query, Resolver, literal, resolve, with_port};
use super::stream::Stream;
use super::unix::UnixTarget;
use super::{Gate, Outbox, turn};
use crate::tls::Handshake;

/// What to connect to.
#[derive(Debug)]
pub enum Target {
    /// A host name, which is always looked up: JavaScript hears of its addresses first.
    Name { query: Query, port: u16 },
    /// Addresses that JavaScript knows, of which it has told the program; they may have zones
    /// (`fe80::1%eth0`).
    Addresses { addresses: Vec<String>, port: u16 },
    /// A Unix socket.
    Path(UnixTarget),
    /// A connection that is there: see `Made`.
    Made(Made),
}

/// One connection to make.
pub struct Connect {
    pub gate: Arc<Gate>,
    pub target: Target,
    pub local_address: Option<IpAddr>,
    /// 0 lets the system choose.
    pub local_port: u16,
    /// Try all addresses, each next one after this delay (RFC 8305, section 5) or at a failure.
    /// None tries the first alone.
    pub attempt_delay: Option<Duration>,
    pub options: SocketOptions,
    /// TLS over the connection.
    pub tls: Option<Handshake>,
}

/// Why there is no stream.
pub(super) struct Refusal {
    pub failures: Vec<Failure>,
    pub several: bool,
}

impl Connect {
    /// Whether the near end is the program's choice.
    fn binds(&self) -> bool {
        self.local_address.is_some() || self.local_port != 0
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            failures: vec![failure],
            several: false,
        }
    }
}

/// Connects. Of a name's addresses, and of each one behind the first, the port is told before they
/// are tried: the program may have a filter that forbids them. Each time `dial` says that it has
/// not.
pub(super) async fn connect(
    conn: ConnId,
    connect: &mut Connect,
    resolver: &Resolver,
    dial: &Notify,
    outbox: &Arc<Outbox>,
) -> Result<Stream, Refusal> {
    let addresses = match &mut connect.target {
        Target::Path(unix) => return Ok(unix.finish().await?),
        // Served without being connected.
        Target::Made(_) => return Err(Failure::unknown(Syscall::Connect).into()),
        Target::Addresses { addresses, port } => parse(addresses, *port)?,
        Target::Name { query, port } => {
            let addresses = resolver.look_up(query, *port).await?;
            outbox.push(Event::Resolved {
                conn,
                addresses: addresses.clone(),
            });
            dial.notified().await;
            addresses
        }
    };
    let order = match connect.attempt_delay {
        Some(_) => interleave(addresses),
        None => addresses.into_iter().take(1).collect(),
    };
    race(conn, connect, order, dial, outbox).await
}

/// The program's own addresses. One with a zone is read as the system reads it, which asks nobody.
fn parse(addresses: &[String], port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let mut parsed = Vec::with_capacity(addresses.len());
    for address in addresses {
        match literal(address) {
            Some(ip) => parsed.push(SocketAddr::new(ip, port)),
            None => parsed.extend(read_zoned(address, port)?),
        }
    }
    Ok(parsed)
}

fn read_zoned(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let query = Query {
        host: host.to_owned(),
        family: 6,
        hints: NUMERIC_HOST,
        order: Order::Verbatim,
    };
    let resolved = resolve(&query).map(|addresses| with_port(addresses, port));
    resolved
        .ok()
        .or_else(|| Some(vec![SocketAddr::new(without_zone(host)?, port)]))
        .ok_or_else(|| Failure::unknown(Syscall::Connect))
}

/// A zone that is no interface's counts for nothing, as with libuv. (Newer ones then dial a
/// link-local address over the first interface that has one; here it fails.)
fn without_zone(host: &str) -> Option<IpAddr> {
    let (address, _) = host.split_once('%')?;
    literal(address)
}

/// Families in turn, the first address's family first (RFC 8305, section 4).
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let six_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == six_first);
    let mut order = VecDeque::with_capacity(first.len() + second.len());
    while !first.is_empty() || !second.is_empty() {
        order.extend(first.pop_front());
        order.extend(second.pop_front());
    }
    order
}

/// Starts one attempt after the other, each when the port has been told of it and does not object;
/// the first that connects wins, the others are dropped. JavaScript has told of the first by
/// itself, but where the near end may forbid it.
async fn race(
    conn: ConnId,
    connect: &Connect,
    mut waiting: VecDeque<SocketAddr>,
    dial: &Notify,
    outbox: &Arc<Outbox>,
) -> Result<Stream, Refusal> {
    let several = waiting.len() > 1;
    let delay = connect.attempt_delay.unwrap_or_default();
    let mut running = JoinSet::new();
    let mut failures = Vec::new();
    if !connect.binds()
        && let Some(first) = waiting.pop_front()
    {
        running.spawn_local(turn::making(connect_address(first, None)));
    }
    // The attempt of which the port was told, and has not answered.
    let mut due = None;
    let mut is_time = running.is_empty();
    loop {
        if due.is_none() && is_time {
            due = next_attempt(conn, connect, &mut waiting, &mut failures, outbox);
        }
        is_time = false;
        let finished = tokio::select! {
            biased;
            Some(finished) = running.join_next() => finished,
            () = dial.notified(), if due.is_some() => {
                if let Some((address, bound)) = due.take() {
                    running.spawn_local(turn::making(connect_address(address, bound)));
                }
                continue;
            }
            () = tokio::time::sleep(delay), if due.is_none() && !waiting.is_empty() => {
                is_time = true;
                continue;
            }
            else => return Err(Refusal { failures, several }),
        };
        match finished {
            Ok(Ok((tcp, peer))) => return Ok(Stream::Tcp { tcp, peer }),
            Ok(Err(failure)) => {
                let attempt = Attempt::Failed(failure.clone());
                outbox.push(Event::Attempt { conn, attempt });
                failures.push(failure);
            }
            Err(_) => failures.push(Failure::unknown(Syscall::Connect)),
        }
        is_time = true;
    }
}

/// The next address whose near end can be had; the port is told of it.
fn next_attempt(
    conn: ConnId,
    connect: &Connect,
    waiting: &mut VecDeque<SocketAddr>,
    failures: &mut Vec<Failure>,
    outbox: &Arc<Outbox>,
) -> Option<(SocketAddr, Option<TcpSocket>)> {
    while let Some(address) = waiting.pop_front() {
        match bind(address, connect.local_address, connect.local_port) {
            Ok(bound) => {
                let attempt = Attempt::Due(Endpoint::Ip(address));
                outbox.push(Event::Attempt { conn, attempt });
                return Some((address, bound));
            }
            Err(failure) => failures.push(failure),
        }
    }
    None
}

/// A socket with the near end that the program asked for, if it did.
fn bind(
    address: SocketAddr,
    local_address: Option<IpAddr>,
    local_port: u16,
) -> Result<Option<TcpSocket>, Failure> {
    if local_address.is_none() && local_port == 0 {
        return Ok(None);
    }
    let local = SocketAddr::new(local_address.unwrap_or(any(address)), local_port);
    let failed = |code| Failure {
        syscall: Syscall::Bind,
        code,
        endpoint: Some(Endpoint::Ip(local)),
        local: None,
    };
    if local.is_ipv4() != address.is_ipv4() {
        return Err(failed(INVALID));
    }
    let bound = || {
        let socket = tcp_socket(address)?;
        // libuv does so before each bind on Unix.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(local)?;
        Ok(socket)
    };
    bound().map(Some).map_err(|err| failed(errno(&err)))
}

async fn connect_address(
    address: SocketAddr,
    bound: Option<TcpSocket>,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let failed = |err: &io::Error, local| Failure {
        syscall: Syscall::Connect,
        code: errno(err),
        endpoint: Some(Endpoint::Ip(address)),
        local,
    };
    let local = bound.as_ref().and_then(|socket| socket.local_addr().ok());
    let local = local.unwrap_or(SocketAddr::new(any(address), 0));
    let socket = match bound {
        Some(socket) => socket,
        None => tcp_socket(address).map_err(|err| failed(&err, None))?,
    };
    let mut connecting = pin!(socket.connect(address));
    let at_once = poll_fn(|cx| Poll::Ready(connecting.as_mut().poll(cx))).await;
    let connected = match at_once {
        Poll::Ready(result) => result.map_err(|err| failed(&err, Some(local))),
        Poll::Pending => connecting.await.map_err(|err| failed(&err, None)),
    };
    connected.map(|tcp| {
        let peer = reached(&tcp, address);
        (tcp, peer)
    })
}

fn tcp_socket(address: SocketAddr) -> io::Result<TcpSocket> {
    if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }
}

fn any(address: SocketAddr) -> IpAddr {
    if address.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    }
}

/// Who is dialled as `0.0.0.0` or `::` is this very host, by one of its addresses.
fn reached(tcp: &TcpStream, dialled: SocketAddr) -> SocketAddr {
    if dialled.ip().to_canonical().is_unspecified() {
        tcp.peer_addr().unwrap_or(dialled)
    } else {
        dialled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_the_first_keeps_its_place() {
        let addresses = |list: &[&str]| -> Vec<SocketAddr> {
            list.iter().map(|text| text.parse().unwrap()).collect()
        };
        let order = interleave(addresses(&["[::1]:1", "[::2]:1", "127.0.0.1:1", "[::3]:1"]));
        assert_eq!(
            order,
            addresses(&["[::1]:1", "127.0.0.1:1", "[::2]:1", "[::3]:1"])
        );
        let order = interleave(addresses(&["127.0.0.1:1", "[::1]:1"]));
        assert_eq!(order, addresses(&["127.0.0.1:1", "[::1]:1"]));
    }
}
