use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Condvar;

use super::*;
use crate::net::{Chunk, Gate, SocketOptions, Target};

/// How long a test waits for what must come. It waits so long for nothing but a fault.
const PATIENCE: Duration = Duration::from_secs(20);

/// A thread that comes to a barred door waits there.
#[derive(Default)]
struct Door {
    state: Mutex<DoorState>,
    changed: Condvar,
}

#[derive(Default)]
struct DoorState {
    is_barred: bool,
    waiting: usize,
}

impl Door {
    fn bar(&self) {
        lock(&self.state).is_barred = true;
    }

    fn open(&self) {
        lock(&self.state).is_barred = false;
        self.changed.notify_all();
    }

    fn pass(&self) {
        let mut state = lock(&self.state);
        state.waiting += 1;
        self.changed.notify_all();
        while state.is_barred {
            state = self.changed.wait(state).unwrap();
        }
        state.waiting -= 1;
    }

    fn until_somebody_waits(&self) {
        let mut state = lock(&self.state);
        while state.waiting == 0 {
            let waited = self.changed.wait_timeout(state, PATIENCE).unwrap();
            assert!(!waited.1.timed_out());
            state = waited.0;
        }
    }
}

/// Memory behind a door.
struct Guarded {
    door: Arc<Door>,
    room: Vec<MaybeUninit<u8>>,
}

impl Inbound for Guarded {
    fn room(&mut self, least: usize) -> &mut [MaybeUninit<u8>] {
        self.door.pass();
        self.room.resize(least, MaybeUninit::uninit());
        &mut self.room
    }

    fn commit(&mut self, len: usize) -> Chunk {
        Chunk {
            slab: 0,
            offset: 0,
            len: u32::try_from(len).unwrap(),
            commits: 1,
        }
    }
}

/// An environment of one reactor, and a server.
struct Site {
    port: Port,
    outbox: Arc<Outbox>,
    /// Before what is read.
    door: Arc<Door>,
    /// Rung for the port.
    woken: Arc<(Mutex<u32>, Condvar)>,
    events: Vec<Event>,
    listener: TcpListener,
}

impl Site {
    fn new() -> Self {
        let door = Arc::<Door>::default();
        let woken = Arc::<(Mutex<u32>, Condvar)>::default();
        let wakeup = woken.clone();
        let outbox = Arc::new(Outbox::new(Box::new(move || {
            *lock(&wakeup.0) += 1;
            wakeup.1.notify_all();
        })));
        let memory = Guarded {
            door: door.clone(),
            room: vec![],
        };
        let reactor = Reactor::start().unwrap();
        let port = reactor.attach(outbox.clone(), Box::new(memory)).unwrap();
        Self {
            port,
            outbox,
            door,
            woken,
            events: vec![],
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(),
        }
    }

    fn send(&self, commands: Vec<Command>, bytes: &[u8]) {
        self.port.send(Batch {
            commands,
            bytes: Arc::new(bytes.to_vec()),
        });
    }

    fn connecting(&self, conn: ConnId, gate: &Arc<Gate>) -> Command {
        let address = self.listener.local_addr().unwrap();
        Command::Connect {
            conn,
            connect: Box::new(Connect {
                gate: gate.clone(),
                target: Target::Addresses {
                    addresses: vec![address.ip().to_string()],
                    port: address.port(),
                },
                local_address: None,
                local_port: 0,
                attempt_delay: None,
                options: SocketOptions::default(),
                tls: None,
            }),
        }
    }

    /// A connection that is open, and the server's end of it.
    fn open(&mut self, conn: ConnId) -> (Arc<Gate>, TcpStream) {
        let gate = Arc::<Gate>::default();
        self.send(vec![self.connecting(conn, &gate)], b"");
        self.until(|event| matches!(event, Event::Connected { conn: of, .. } if *of == conn));
        let (far, _) = self.listener.accept().unwrap();
        (gate, far)
    }

    /// Takes events until one of all that ever came is such.
    fn until(&mut self, is: impl Fn(&Event) -> bool) {
        self.until_all(1, is);
    }

    fn until_all(&mut self, count: usize, is: impl Fn(&Event) -> bool) {
        loop {
            let woken = *lock(&self.woken.0);
            let mut events = VecDeque::new();
            while self.outbox.take(64, &mut events) > 0 {}
            self.events.extend(events);
            if self.events.iter().filter(|event| is(event)).count() >= count {
                return;
            }
            let rings = lock(&self.woken.0);
            let changed = &self.woken.1;
            let waited = changed.wait_timeout_while(rings, PATIENCE, |rings| *rings == woken);
            assert!(!waited.unwrap().1.timed_out(), "it never comes");
        }
    }

    fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| is(event)).count()
    }
}

fn write(conn: ConnId, len: usize) -> Command {
    Command::Write {
        conn,
        range: 0..len,
        acknowledge: false,
    }
}

fn killed(event: &Event) -> bool {
    matches!(event, Event::Killed { .. })
}

fn is_over(event: &Event) -> bool {
    matches!(event, Event::Killed { .. } | Event::End { .. })
}

/// All that has come.
fn heard(far: &mut TcpStream) -> usize {
    far.set_nonblocking(true).unwrap();
    let mut heard = vec![];
    match far.read_to_end(&mut heard) {
        Err(err) if err.kind() != ErrorKind::WouldBlock => panic!("{err}"),
        _ => heard.len(),
    }
}

/// Requests on connections of which the server ends some, while the thread is held up in a read:
/// it hears of all of that at once.
fn assert_none_is_written_on_a_dead_one(is_dead: impl Fn(usize) -> bool) {
    /// More than what tokio's budget for one turn of a task allows.
    const CONNS: ConnId = 300;
    let mut site = Site::new();
    let (_, mut busy) = site.open(CONNS);
    let mut conns: Vec<_> = (0..CONNS).map(|conn| site.open(conn)).collect();
    site.send((0..CONNS).map(|conn| write(conn, 1)).collect(), b"x");
    for (_, far) in &mut conns {
        far.read_exact(&mut [0]).unwrap();
    }
    for (gate, _) in &conns {
        assert!(gate.park(true) && gate.claim());
    }

    site.door.bar();
    std::io::Write::write_all(&mut busy, b"x").unwrap();
    site.door.until_somebody_waits();
    for (index, (_, far)) in conns.iter().enumerate() {
        if is_dead(index) {
            far.shutdown(std::net::Shutdown::Write).unwrap();
        }
    }
    site.send((0..CONNS).map(|conn| write(conn, 1)).collect(), b"x");
    site.door.open();

    let dead = (0..conns.len()).filter(|&index| is_dead(index)).count();
    site.until_all(dead, is_over);
    for (index, (_, far)) in conns.iter_mut().enumerate() {
        if !is_dead(index) {
            far.read_exact(&mut [0]).unwrap();
        }
    }
    let written = conns.iter_mut().map(|(_, far)| heard(far)).sum::<usize>();
    assert_eq!(written, 0, "bytes of requests on dead connections");
    assert_eq!(site.count(killed), dead);
}

#[test]
fn no_request_of_a_batch_is_written_on_a_connection_that_has_ended() {
    assert_none_is_written_on_a_dead_one(|_| true);
}

#[test]
fn requests_beside_those_on_dead_connections_are_written() {
    assert_none_is_written_on_a_dead_one(|index| index % 3 == 0);
}

#[test]
fn a_batch_of_many_turns_is_obeyed_in_its_order() {
    const WRITES: usize = 20_000;
    let mut site = Site::new();
    let (_, mut far) = site.open(0);
    let bytes: Vec<_> = (0..WRITES).map(|index| index as u8).collect();
    let one = |index: usize| Command::Write {
        conn: 0,
        range: index..index + 1,
        acknowledge: false,
    };
    site.send((0..WRITES).map(one).collect(), &bytes);
    site.send(vec![Command::Shutdown { conn: 0 }], b"");
    let mut heard = vec![];
    far.read_to_end(&mut heard).unwrap();
    assert!(heard == bytes);
}

#[test]
fn a_connection_that_is_over_is_closed_without_a_word() {
    let close = || {
        vec![Command::Close {
            conn: 0,
            reset: false,
        }]
    };
    let closed = |event: &Event| matches!(event, Event::Closed { .. });
    let mut site = Site::new();
    let (gate, far) = site.open(0);
    assert!(gate.park(false));
    drop(far);
    site.until(killed);
    // It was told to close before JavaScript knew; and its id is another's.
    site.send(close(), b"");
    site.send(vec![site.connecting(0, &Arc::default())], b"");
    site.until_all(2, |event| matches!(event, Event::Connected { .. }));
    assert_eq!(site.count(closed), 0);
    site.send(close(), b"");
    site.until(closed);
    assert_eq!(site.count(closed), 1);
}

#[cfg(unix)]
#[test]
fn a_connection_that_is_there_is_served_from_its_first_batch_on() {
    use std::os::fd::AsFd as _;

    use crate::net::Made;

    let mut site = Site::new();
    let made = TcpStream::connect(site.listener.local_addr().unwrap()).unwrap();
    made.set_nonblocking(true).unwrap();
    let (mut far, _) = site.listener.accept().unwrap();
    let target = Target::Made(Made::duplicate(made.as_fd()).unwrap());
    drop(made);
    let mut connecting = site.connecting(0, &Arc::default());
    if let Command::Connect { connect, .. } = &mut connecting {
        connect.target = target;
    }
    site.send(vec![connecting, write(0, 7)], b"request");

    let mut heard = [0; 7];
    far.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"request");
    std::io::Write::write_all(&mut far, b"answer").unwrap();
    site.until(|event| matches!(event, Event::Data { .. }));
    assert_eq!(
        site.events.len(),
        1,
        "JavaScript knows that it is connected"
    );
    drop(far);
    site.until(is_over);
}

#[cfg(unix)]
#[test]
fn what_is_no_connection_is_not_served() {
    use std::os::fd::AsFd as _;

    use crate::net::Made;

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert!(Made::duplicate(listener.as_fd()).is_err());
}
