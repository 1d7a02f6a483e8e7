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
use tokio::task::JoinSet;

use super::command::ConnId;
use super::errno::{INVALID, errno};
use super::event::{Attempt, Endpoint, Event, Failure, Syscall};
use super::options::SocketOptions;
use super::resolve::{NUMERIC_HOST, Order, Query, literal, resolve};
use super::stream::Stream;
use super::unix::UnixTarget;
use super::{Gate, Outbox};
use crate::tls::Handshake;

/// What to connect to.
#[derive(Debug)]
pub enum Target {
    /// A host name or an address.
    Name { query: Query, port: u16 },
    /// Addresses that the program resolved by itself; they may have zones (`fe80::1%eth0`).
    Addresses { addresses: Vec<String>, port: u16 },
    /// A Unix socket.
    Path(UnixTarget),
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

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            failures: vec![failure],
            several: false,
        }
    }
}

/// Connects, reporting names resolved and attempts made on the way.
pub(super) async fn connect(
    conn: ConnId,
    connect: &mut Connect,
    outbox: &Arc<Outbox>,
) -> Result<Stream, Refusal> {
    let addresses = match &mut connect.target {
        Target::Path(unix) => return Ok(unix.finish(conn, outbox).await?),
        Target::Addresses { addresses, port } => parse(addresses, *port).await?,
        Target::Name { query, port } => match literal(&query.host) {
            Some(ip) => vec![SocketAddr::new(ip, *port)],
            None => look_up(conn, query, *port, outbox).await?,
        },
    };
    let order = match connect.attempt_delay {
        Some(_) => interleave(addresses),
        None => addresses.into_iter().take(1).collect(),
    };
    race(conn, connect, order, outbox).await
}

async fn look_up(
    conn: ConnId,
    query: &Query,
    port: u16,
    outbox: &Arc<Outbox>,
) -> Result<Vec<SocketAddr>, Failure> {
    let query = query.clone();
    let resolved = tokio::task::spawn_blocking(move || resolve(&query, port)).await;
    let addresses = resolved.unwrap_or(Err(Failure {
        syscall: Syscall::GetAddrInfo,
        code: -3004,
        endpoint: None,
        local: None,
    }))?;
    outbox.push(Event::Resolved {
        conn,
        addresses: addresses.clone(),
    });
    Ok(addresses)
}

/// The program's own addresses. One with a zone is read as the system reads it.
async fn parse(addresses: &[String], port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let mut parsed = Vec::with_capacity(addresses.len());
    for address in addresses {
        match literal(address) {
            Some(ip) => parsed.push(SocketAddr::new(ip, port)),
            None => parsed.extend(read_zoned(address.clone(), port).await?),
        }
    }
    Ok(parsed)
}

async fn read_zoned(host: String, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let query = Query {
        host: host.clone(),
        family: 6,
        hints: NUMERIC_HOST,
        order: Order::Verbatim,
    };
    let resolved = tokio::task::spawn_blocking(move || resolve(&query, port)).await;
    resolved
        .ok()
        .and_then(Result::ok)
        .or_else(|| Some(vec![SocketAddr::new(without_zone(&host)?, port)]))
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

/// Starts one attempt after the other; the first that connects wins, the others are dropped.
async fn race(
    conn: ConnId,
    connect: &Connect,
    mut waiting: VecDeque<SocketAddr>,
    outbox: &Arc<Outbox>,
) -> Result<Stream, Refusal> {
    let several = waiting.len() > 1;
    let delay = connect.attempt_delay.unwrap_or_default();
    let mut running = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = waiting.pop_front() {
            let bound = match bind(address, connect.local_address, connect.local_port) {
                Ok(bound) => bound,
                Err(failure) => {
                    failures.push(failure);
                    continue;
                }
            };
            let endpoint = Endpoint::Ip(address);
            outbox.push(Event::Attempt {
                conn,
                attempt: Attempt::Started(endpoint),
            });
            running.spawn_local(connect_address(address, bound));
        }
        let finished = if waiting.is_empty() {
            running.join_next().await
        } else {
            tokio::select! {
                finished = running.join_next() => finished,
                () = tokio::time::sleep(delay) => continue,
            }
        };
        match finished {
            Some(Ok(Ok((tcp, peer)))) => return Ok(Stream::Tcp { tcp, peer }),
            Some(Ok(Err(failure))) => {
                let attempt = Attempt::Failed(failure.clone());
                outbox.push(Event::Attempt { conn, attempt });
                failures.push(failure);
            }
            Some(Err(_)) => failures.push(Failure::unknown(Syscall::Connect)),
            None => return Err(Refusal { failures, several }),
        }
    }
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
