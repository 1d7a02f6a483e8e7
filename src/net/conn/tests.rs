use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::net::{self, Ipv4Addr};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

use super::*;
use crate::net::memory::{Chunk, Inbound, Outbound};
use crate::net::outbox::Outbox;
use crate::net::segments::Segments;

/// Memory that breaks as soon as it is used.
struct Broken;

impl Inbound for Broken {
    fn room(&mut self, _least: usize) -> &mut [MaybeUninit<u8>] {
        panic!("injected");
    }

    fn commit(&mut self, _len: usize) -> Chunk {
        unreachable!("there is no room");
    }
}

impl Outbound for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

async fn pair() -> std::io::Result<(Stream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let peer = listener.local_addr()?;
    let tcp = TcpStream::connect(peer).await?;
    let (far, _) = listener.accept().await?;
    Ok((Stream::Tcp { tcp, peer }, far))
}

fn over(stream: Stream) -> Conn {
    Conn::new(7, Arc::new(Gate::default()), stream, None)
}

fn host() -> Host {
    let outbox = Outbox::new(Box::new(|| {}));
    Host::across(Arc::new(outbox), Box::new(Broken))
}

fn on_a_reactor(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test);
}

#[test]
fn a_panic_while_reading_fails_the_connection_and_nothing_else() {
    on_a_reactor(async {
        let (stream, far) = pair().await.unwrap();
        let conn = over(stream);
        let (gate, host) = (conn.gate.clone(), Rc::new(host()));
        let place = Rc::new(RefCell::new(Some(Box::new(conn))));
        let task = spawn_local(Conn::run(place, host.clone()));
        far.writable().await.unwrap();
        far.try_write(b"x").unwrap();
        assert!(task.await.unwrap_err().is_panic());

        let mut events = VecDeque::new();
        host.outbox().take(8, &mut events);
        assert!(matches!(
            events.pop_front(),
            Some(Event::Panicked { conn: 7 })
        ));
        assert!(!gate.is_alive());
    });
}

/// A connection that has a tail, its server, and how long the tail is.
#[cfg(unix)]
async fn with_tail(host: &Host) -> (Conn, net::TcpStream, usize) {
    let (stream, far) = pair().await.unwrap();
    let far = far.into_std().unwrap();
    let mut conn = over(stream);
    let mut tail = 0;
    // The second write takes along what the first has left.
    for byte in [1, 2] {
        let len = large(&conn);
        tail = tail + len - written(&conn, tail + len);
        conn.write(host, Outgoing::large(Box::new(vec![byte; len]), true));
        assert!(conn.is_holding());
    }
    (conn, far, tail)
}

/// Bytes that do not fill their packets.
#[cfg(unix)]
fn large(conn: &Conn) -> usize {
    let tcp = conn.stream().and_then(Stream::tcp).unwrap();
    let mss = tcp.tcp_mss().unwrap() as usize;
    (20_000 / mss + 1) * mss + 100
}

#[cfg(unix)]
fn written(conn: &Conn, len: usize) -> usize {
    Segments::of(conn.stream().unwrap(), len).cut(len)
}

/// All that has come.
#[cfg(unix)]
fn heard(far: &mut net::TcpStream) -> usize {
    far.set_nonblocking(true).unwrap();
    let mut heard = vec![];
    match far.read_to_end(&mut heard) {
        Err(err) if err.kind() != io::ErrorKind::WouldBlock => panic!("{err}"),
        _ => heard.len(),
    }
}

#[cfg(unix)]
#[test]
fn a_tail_waits_once_for_more_and_then_leaves() {
    on_a_reactor(async {
        let host = host();
        let (mut conn, mut far, tail) = with_tail(&host).await;
        assert!((1..4096).contains(&tail));
        let sent = heard(&mut far);
        assert!(conn.release(&host, false), "more may be on its way");
        assert_eq!(heard(&mut far), 0);
        assert!(!conn.release(&host, false));
        assert_eq!(heard(&mut far), tail);
        assert_eq!(conn.gate.written(), (sent + tail) as u64);

        let mut events = VecDeque::new();
        host.outbox().take(8, &mut events);
        assert!(matches!(
            events.make_contiguous(),
            [Event::Written { count: 2, .. }]
        ));
    });
}

#[cfg(unix)]
#[test]
fn a_tail_leaves_when_nothing_more_is_here() {
    on_a_reactor(async {
        let host = host();
        let (mut conn, mut far, tail) = with_tail(&host).await;
        heard(&mut far);
        assert!(!conn.release(&host, true));
        assert_eq!(heard(&mut far), tail);
    });
}

#[cfg(unix)]
#[test]
fn a_small_write_takes_a_tail_along() {
    on_a_reactor(async {
        let host = host();
        let (mut conn, mut far, tail) = with_tail(&host).await;
        heard(&mut far);
        conn.write(&host, Outgoing::large(Box::new(vec![3; 10]), false));
        assert!(!conn.is_holding());
        assert_eq!(heard(&mut far), tail + 10);
    });
}

#[cfg(unix)]
#[test]
fn a_tail_leaves_before_the_end() {
    on_a_reactor(async {
        let host = host();
        for end in [Conn::shutdown, |conn: &mut Conn, host: &Host| {
            conn.close(host, false)
        }] {
            let (mut conn, mut far, tail) = with_tail(&host).await;
            heard(&mut far);
            end(&mut conn, &host);
            assert_eq!(heard(&mut far), tail);
        }
    });
}

#[cfg(unix)]
#[test]
fn a_reset_drops_a_tail() {
    on_a_reactor(async {
        let host = host();
        let (mut conn, mut far, _) = with_tail(&host).await;
        heard(&mut far);
        conn.close(&host, true);
        far.set_nonblocking(false).unwrap();
        let failed = far.read_to_end(&mut vec![]).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn one_that_has_just_changed_hands_is_looked_at_before_a_request_is_written() {
    on_a_reactor(async {
        let (stream, far) = pair().await.unwrap();
        let (mut conn, host) = (over(stream), host());
        conn.write(&host, Outgoing::copied(b"one", false));
        assert!(conn.gate.park(true) && conn.gate.claim());
        drop(far);
        // Over loopback the end is here when `drop` has returned; nothing has driven the connection,
        // and nothing has told of it.
        conn.write(&host, Outgoing::copied(b"two", false));
        assert_eq!(conn.gate.written(), 3);
        let mut events = VecDeque::new();
        host.outbox().take(8, &mut events);
        assert!(matches!(
            events.pop_front(),
            Some(Event::Killed { conn: 7 })
        ));
    });
}
