use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use super::*;
use crate::net::reactor::Reactor;
use crate::net::tests::loopback::Unread;
use crate::net::{Connect, Gate, SocketOptions, Target};

/// How long a test waits for what must come. It waits so long for nothing but a fault.
const PATIENCE: Duration = Duration::from_secs(20);

const CONN: ConnId = 5;

/// An environment with both carriers, and a server.
struct Site {
    carriers: Carriers,
    outbox: Arc<Outbox>,
    far: TcpStream,
}

impl Site {
    /// A connection that is open, and a thread's.
    fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let outbox = Arc::new(Outbox::new(Box::new(|| {})));
        let reactor = Reactor::start().unwrap();
        let port = reactor.attach(outbox.clone(), Box::new(Unread::default()));
        let event_loop = LoopCarrier::new(outbox.clone(), Box::new(Unread::default())).unwrap();
        let mut carriers = Carriers::new(vec![port.unwrap()], Some(event_loop), Mode::Auto);
        carriers.open(CONN);
        carriers.connect(Command::Connect {
            conn: CONN,
            connect: Box::new(Connect {
                gate: Arc::<Gate>::default(),
                target: Target::Addresses {
                    addresses: vec![Ipv4Addr::LOCALHOST.to_string()],
                    port: listener.local_addr().unwrap().port(),
                },
                local_address: None,
                local_port: 0,
                attempt_delay: None,
                options: SocketOptions::default(),
                tls: None,
            }),
        });
        carriers.flush([].into_iter(), b"");
        let (far, _) = listener.accept().unwrap();
        far.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut site = Self {
            carriers,
            outbox,
            far,
        };
        site.until(|event| matches!(event, Event::Connected { .. }));
        site
    }

    fn flush(&mut self, commands: Vec<Command>, slab: &[u8]) {
        self.carriers.flush(commands.into_iter(), slab);
    }

    /// All events up to one that is such.
    fn until(&mut self, is: impl Fn(&Event) -> bool) -> Vec<Event> {
        let end = Instant::now() + PATIENCE;
        let mut events = VecDeque::new();
        while !events.iter().any(&is) {
            assert!(Instant::now() < end, "it never comes");
            self.carriers.collect(&self.outbox, 64, &mut events);
        }
        events.into()
    }

    /// What the server has received by the end of the connection.
    fn heard(&mut self) -> Vec<u8> {
        let mut heard = vec![];
        self.far.read_to_end(&mut heard).unwrap();
        heard
    }
}

const CLOSE: Command = Command::Close {
    conn: CONN,
    reset: false,
};

fn closed(event: &Event) -> bool {
    matches!(event, Event::Closed { .. })
}

#[test]
fn what_is_closed_on_its_way_to_the_event_loop_is_closed_before_the_event_loop_hears_of_it() {
    // The thread has given it up already, or hears of its end first.
    for has_come in [true, false] {
        let mut site = Site::new();
        site.carriers.carry(CONN, Carrier::EventLoop);
        if has_come {
            assert!(site.carriers.ports[0].settle(Duration::ZERO));
        }
        site.flush(vec![CLOSE], b"");
        assert_eq!(site.heard(), b"");
        let events = site.until(closed);
        assert!(matches!(events[..], [Event::Closed { conn: CONN }]));
    }
}

#[test]
fn what_is_written_on_its_way_to_the_event_loop_is_sent_before_it_is_closed() {
    let mut site = Site::new();
    site.carriers.carry(CONN, Carrier::EventLoop);
    let write = Command::Write {
        conn: CONN,
        range: 0..5,
        acknowledge: false,
    };
    site.flush(vec![write, CLOSE], b"hello");
    let events = site.until(closed);
    assert!(matches!(events[..], [Event::Closed { conn: CONN }]));
    assert_eq!(site.heard(), b"hello");
}
