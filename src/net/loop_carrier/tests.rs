use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use super::*;
use crate::net::bare::Bare;
use crate::net::event::Endpoint;
use crate::net::gate::Gate;
use crate::net::stream::Stream;
use crate::net::tests::loopback::Unread;

mod aside;

const CONN: ConnId = 7;

struct Carried {
    carrier: LoopCarrier,
    gate: Arc<Gate>,
    far: TcpStream,
}

impl Carried {
    fn new() -> Self {
        let outbox = Arc::new(Outbox::new(Box::new(|| {})));
        let mut carrier = LoopCarrier::new(outbox, Box::new(Unread::default())).unwrap();
        let gate = Arc::new(Gate::default());
        let (parcel, far) = parcel(CONN, &gate);
        carrier.adopt(CONN, parcel);
        Self { carrier, gate, far }
    }

    fn write(&mut self, bytes: &[u8]) {
        let command = Command::Write {
            conn: CONN,
            range: 0..bytes.len(),
            acknowledge: false,
        };
        self.carrier.ask_again();
        self.carrier.obey(command, bytes);
    }

    /// The events of the next turn that has some.
    fn events(&mut self) -> Vec<Event> {
        next_events(&mut self.carrier)
    }
}

fn next_events(carrier: &mut LoopCarrier) -> Vec<Event> {
    let mut events = VecDeque::new();
    while events.is_empty() {
        carrier.ask();
        carrier.turn();
        carrier.take(&mut events);
    }
    events.into()
}

fn parcel(conn: ConnId, gate: &Arc<Gate>) -> (Parcel, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let peer = listener.local_addr().unwrap();
    let near = TcpStream::connect(peer).unwrap();
    near.set_nonblocking(true).unwrap();
    let (far, _) = listener.accept().unwrap();
    let stream = Stream::Bare {
        bare: Bare::new(near.into()),
        far: Endpoint::Ip(peer),
    };
    let conn = Conn::new(conn, gate.clone(), stream, None);
    (Parcel(Box::new(conn)), far)
}

#[test]
fn it_writes_at_once_and_reads_what_is_ready() {
    let mut carried = Carried::new();
    carried.write(b"request");
    let mut heard = [0; 7];
    carried.far.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"request");

    carried.far.write_all(b"answer").unwrap();
    let events = carried.events();
    assert!(matches!(&events[..], [Event::Data { chunk, .. }] if chunk.len == 6));
}

#[test]
fn the_end_of_one_that_rests_is_known_before_it_is_handed_out() {
    let mut carried = Carried::new();
    carried.write(b"request");
    assert!(carried.gate.park(true));
    carried.far.shutdown(Shutdown::Write).unwrap();
    while carried.gate.is_alive() {
        carried.carrier.look_at(CONN);
    }
    assert!(!carried.gate.claim());
    let mut events = VecDeque::new();
    carried.carrier.take(&mut events);
    assert!(matches!(events.make_contiguous(), [Event::Killed { .. }]));
}

#[test]
fn an_end_just_before_a_request_is_seen_by_the_write() {
    let mut carried = Carried::new();
    carried.write(b"one");
    assert!(carried.gate.park(true) && carried.gate.claim());
    carried.far.shutdown(Shutdown::Write).unwrap();
    std::thread::sleep(FRESH * 20);
    carried.write(b"two");
    assert!(matches!(&carried.events()[..], [Event::Killed { .. }]));
    assert_eq!(carried.gate.written(), 3);
}

#[test]
fn one_that_is_given_up_is_watched_no_more_and_goes_on_elsewhere() {
    let mut carried = Carried::new();
    let parcel = carried.carrier.release(CONN).unwrap();
    assert!(carried.carrier.release(CONN).is_none());
    carried.far.write_all(b"answer").unwrap();
    std::thread::sleep(Duration::from_millis(5));
    carried.carrier.ask();
    carried.carrier.turn();
    assert!(!carried.carrier.is_due());

    carried.carrier.adopt(CONN, parcel);
    assert!(matches!(&carried.events()[..], [Event::Data { .. }]));
}

#[test]
fn more_that_are_ready_than_one_call_tells_of_are_all_served() {
    let mut carried = Carried::new();
    let others: Vec<_> = (0..2 * EVENTS_PER_POLL as ConnId)
        .map(|index| {
            let conn = CONN + 1 + index;
            let (parcel, far) = parcel(conn, &Arc::default());
            carried.carrier.adopt(conn, parcel);
            far
        })
        .collect();
    for mut far in &others {
        far.write_all(b"x").unwrap();
    }
    let mut seen = 0;
    while seen < others.len() {
        seen += carried.events().len();
    }
    assert_eq!(seen, others.len());
}

#[test]
fn closed_is_the_last_of_one() {
    let mut carried = Carried::new();
    let close = Command::Close {
        conn: CONN,
        reset: true,
    };
    carried.carrier.obey(close, &[]);
    assert!(matches!(
        &carried.events()[..],
        [Event::Closed { conn: CONN }]
    ));
    let failed = carried.far.read(&mut [0]).unwrap_err();
    assert_eq!(failed.kind(), io::ErrorKind::ConnectionReset);
}
