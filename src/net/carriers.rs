//! Who carries each connection of a port, and how it changes hands.
//!
//! A connection begins on an I/O thread. Which carrier it has after that is for `CarrierPolicy` to
//! say; what follows from it is done here, on JavaScript's thread. Nothing is lost or overtaken on
//! the way:
//!
//! - From a thread: it is asked for by `Command::Yield`, behind all that was commanded before, and
//!   comes by `Event::Yielded`, behind all that it has said before. Commands wait here meanwhile.
//! - To a thread: it goes by `Command::Adopt`, before all that is commanded from then on. What it
//!   has said before is taken before anything that comes from the thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::carrier_policy::{Carrier, CarrierPolicy, Mode, Traffic};
use super::command::{Batch, Command, ConnId};
use super::conn_table::{BLOCK_IDS, ConnTable};
use super::event::Event;
use super::loop_carrier::LoopCarrier;
use super::outbox::Outbox;
use super::parcel::Passage;
use super::reactor::Port;

pub struct Carriers {
    ports: Vec<Port>,
    /// What this flush has for each port.
    commands: Vec<Vec<Command>>,
    /// None where the event loop carries nothing.
    event_loop: Option<LoopCarrier>,
    policy: CarrierPolicy,
    /// Exchanges that have begun and not ended. An upgraded connection counts until it closes.
    under_way: usize,
    /// What a test wants instead of what the policy says.
    writes_aside: Option<bool>,
    /// Whether the event loop's carrier has looked at a connection: see `has_seen`.
    looked: bool,
    /// Empty: its memory is used again.
    crossed: VecDeque<Event>,
    places: ConnTable<Place>,
}

#[derive(Default)]
struct Place {
    hands: Hands,
    traffic: Traffic,
    is_under_way: bool,
}

#[derive(Default)]
enum Hands {
    /// An I/O thread's.
    #[default]
    Thread,
    EventLoop,
    /// On its way from the thread to the event loop.
    Coming(Coming),
}

#[derive(Default)]
struct Coming {
    passage: Arc<Passage>,
    waiting: Vec<Waiting>,
}

/// A command that waits, with the bytes that it writes.
struct Waiting {
    command: Command,
    bytes: Vec<u8>,
}

impl Carriers {
    pub fn new(ports: Vec<Port>, event_loop: Option<LoopCarrier>, mode: Mode) -> Self {
        Self {
            commands: ports.iter().map(|_| Vec::new()).collect(),
            policy: CarrierPolicy::new(
                if event_loop.is_some() {
                    mode
                } else {
                    Mode::Thread
                },
                Instant::now(),
            ),
            under_way: 0,
            ports,
            event_loop,
            writes_aside: None,
            looked: false,
            crossed: VecDeque::new(),
            places: ConnTable::default(),
        }
    }

    /// The descriptor that tells of ready connections, for the event loop to watch.
    #[cfg(target_os = "linux")]
    pub fn descriptor(&self) -> Option<std::os::fd::RawFd> {
        self.event_loop.as_ref().map(LoopCarrier::descriptor)
    }

    /// The event loop cannot watch it: the threads carry all. To be called before anything is
    /// carried.
    pub fn leave_to_threads(&mut self) {
        self.event_loop = None;
        self.policy = CarrierPolicy::new(Mode::Thread, Instant::now());
    }

    /// A connection will begin under this id.
    pub fn open(&mut self, conn: ConnId) {
        self.places.insert(conn, Place::default());
    }

    /// Nothing is left of it.
    pub fn forget(&mut self, conn: ConnId) {
        if let Some(place) = self.places.remove(conn) {
            self.under_way -= usize::from(place.is_under_way);
        }
    }

    /// Adds a command to those that leave with the next `flush`.
    pub fn connect(&mut self, command: Command) {
        self.send(command);
    }

    /// Hands out the commands of a tick; `slab` has the bytes that they write. Whether events wait
    /// that only `collect` tells of.
    pub fn flush(&mut self, commands: impl Iterator<Item = Command>, slab: &[u8]) -> bool {
        let mut asked = false;
        if let Some(event_loop) = &mut self.event_loop {
            event_loop.write_aside(self.writes_aside.unwrap_or(self.policy.writes_aside()));
        }
        for command in commands {
            let Some(place) = self.places.get_mut(command.conn()) else {
                self.send(command);
                continue;
            };
            if command.len() > 0 && !std::mem::replace(&mut place.is_under_way, true) {
                self.under_way += 1;
            }
            place.traffic.add(command.len());
            let leaves = self.policy.within(&place.traffic) == Carrier::Thread;
            match (&mut place.hands, &mut self.event_loop) {
                (Hands::EventLoop, _) if leaves => {
                    self.hand_to_thread(command.conn());
                    self.send(command);
                }
                (Hands::EventLoop, Some(event_loop)) => {
                    if !std::mem::replace(&mut asked, true) {
                        event_loop.ask_again();
                    }
                    event_loop.obey(command, slab);
                }
                (Hands::Coming(coming), _) => coming.wait(command, slab),
                _ => self.send(command),
            }
        }
        if let Some(event_loop) = &mut self.event_loop {
            event_loop.release_tails();
        }
        self.deliver(slab);
        self.is_due()
    }

    /// The kernel has something new to say of the event loop's connections. Whether events wait.
    pub fn ready(&mut self) -> bool {
        let Some(event_loop) = &mut self.event_loop else {
            return false;
        };
        event_loop.ask();
        event_loop.turn();
        event_loop.is_due()
    }

    /// Moves events to the end of `taken`: all of the event loop's, and up to `max` of those that
    /// came from the threads. Whether more are waiting.
    pub fn collect(&mut self, outbox: &Outbox, max: usize, taken: &mut VecDeque<Event>) -> bool {
        let Some(event_loop) = &mut self.event_loop else {
            return outbox.take(max, taken) > 0;
        };
        event_loop.turn();
        let before = taken.len();
        // Before those of the threads: of a connection that has gone to one they are older.
        event_loop.take(taken);
        let stayed = taken.len() - before;
        let mut crossed = std::mem::take(&mut self.crossed);
        let left = outbox.take(max, &mut crossed);
        if stayed + crossed.len() > 0 {
            let events = stayed + crossed.len() + left;
            self.policy.looked(events, self.under_way, Instant::now());
        }
        for event in crossed.drain(..) {
            match event {
                Event::Yielded { conn } => self.arrived(conn),
                event => taken.push_back(event),
            }
        }
        self.crossed = crossed;
        left > 0 || self.is_due()
    }

    /// A request is to have this connection, which has rested: its gate is to know what the kernel
    /// knows. Events may wait afterwards: see `has_seen`.
    pub fn look_at(&mut self, conn: ConnId) {
        if let Some(event_loop) = &mut self.event_loop {
            self.looked |= event_loop.look_at(conn);
        }
    }

    /// Whether a look since the last call has found events that only `collect` tells of.
    pub fn has_seen(&mut self) -> bool {
        std::mem::take(&mut self.looked) && self.is_due()
    }

    /// Whether events wait that only `collect` tells of.
    fn is_due(&self) -> bool {
        self.event_loop.as_ref().is_some_and(LoopCarrier::is_due)
    }

    /// JavaScript is given so many received bytes.
    pub fn received(&mut self, conn: ConnId, bytes: usize) {
        let Some(place) = self.places.get_mut(conn) else {
            return;
        };
        place.traffic.add(bytes);
        if matches!(place.hands, Hands::EventLoop)
            && self.policy.within(&place.traffic) == Carrier::Thread
        {
            self.carry(conn, Carrier::Thread);
        }
    }

    /// An exchange has ended, and the connection lives on.
    pub fn exchange_ended(&mut self, conn: ConnId) {
        let Some(place) = self.places.get_mut(conn) else {
            return;
        };
        let wanted = self.policy.between(&place.traffic);
        place.traffic = Traffic::default();
        self.under_way -= usize::from(std::mem::take(&mut place.is_under_way));
        self.carry(conn, wanted);
    }

    /// Has the connection carried by this one. Where it is being connected, or within its TLS
    /// handshake, it stays with its thread.
    pub fn carry(&mut self, conn: ConnId, by: Carrier) {
        let Some(place) = self.places.get_mut(conn) else {
            return;
        };
        match (&place.hands, by) {
            (Hands::Thread, Carrier::EventLoop) if self.event_loop.is_some() => {
                let coming = Coming::default();
                let passage = coming.passage.clone();
                place.hands = Hands::Coming(coming);
                self.send(Command::Yield { conn, passage });
                self.deliver(&[]);
            }
            (Hands::EventLoop, Carrier::Thread) => {
                self.hand_to_thread(conn);
                self.deliver(&[]);
            }
            _ => {}
        }
    }

    /// Whether the writer sends for the event loop; None: as the load is.
    pub fn write_aside(&mut self, is_aside: Option<bool>) {
        self.writes_aside = is_aside;
    }

    /// Who carries it; None while it is on its way.
    pub fn carrier(&self, conn: ConnId) -> Option<Carrier> {
        match self.places.get(conn)?.hands {
            Hands::Thread => Some(Carrier::Thread),
            Hands::EventLoop => Some(Carrier::EventLoop),
            Hands::Coming(_) => None,
        }
    }

    /// Waits until the kernel has what JavaScript was told is written: see `Port::settle`. Events
    /// that come meanwhile go to the end of `taken`.
    pub fn settle(
        &mut self,
        outbox: &Outbox,
        taken: &mut VecDeque<Event>,
        limit: Duration,
    ) -> bool {
        self.deliver(&[]);
        let is_coming = |place: &Place| matches!(place.hands, Hands::Coming(_));
        if self.places.values().any(is_coming) {
            // Behind what was asked for before: all that is on its way has come then.
            for port in &self.ports {
                let _ = port.settle(Duration::ZERO);
            }
            self.collect(outbox, usize::MAX, taken);
        }
        let unsent = self.event_loop.as_mut().map(LoopCarrier::unsent);
        for conn in unsent.unwrap_or_default() {
            self.hand_to_thread(conn);
        }
        self.deliver(&[]);
        let end = Instant::now() + limit;
        let settle = |port: &Port| port.settle(end.saturating_duration_since(Instant::now()));
        // Each of them is to obey.
        self.ports.iter().fold(true, |all, port| settle(port) & all)
    }

    /// Drops all connections. When it returns, no carrier holds memory of the environment.
    pub fn detach(&mut self) {
        if let Some(mut event_loop) = self.event_loop.take() {
            event_loop.close_all();
        }
        for port in &self.ports {
            port.detach();
        }
        self.places = ConnTable::default();
    }

    fn arrived(&mut self, conn: ConnId) {
        let (Some(place), Some(event_loop)) = (self.places.get_mut(conn), &mut self.event_loop)
        else {
            return;
        };
        let Hands::Coming(coming) = &mut place.hands else {
            return;
        };
        let Coming { passage, waiting } = std::mem::take(coming);
        place.hands = Hands::Thread;
        if let Some(parcel) = passage.take() {
            place.hands = Hands::EventLoop;
            event_loop.adopt(conn, parcel);
            for Waiting { command, bytes } in waiting {
                event_loop.obey(command, &bytes);
            }
            event_loop.release_tails();
            return;
        }
        // The thread has none any more, and has said so.
        for Waiting { command, bytes } in waiting {
            self.send(command);
            self.deliver(&bytes);
        }
    }

    fn hand_to_thread(&mut self, conn: ConnId) {
        let event_loop = self.event_loop.as_mut();
        let Some(parcel) = event_loop.and_then(|event_loop| event_loop.release(conn)) else {
            return;
        };
        if let Some(place) = self.places.get_mut(conn) {
            place.hands = Hands::Thread;
        }
        self.send(Command::Adopt { conn, parcel });
    }

    fn send(&mut self, command: Command) {
        let reactor = reactor_of(command.conn(), self.ports.len());
        self.commands[reactor].push(command);
    }

    fn deliver(&mut self, slab: &[u8]) {
        if self.commands.iter().all(Vec::is_empty) {
            return;
        }
        let bytes = Arc::new(slab.to_vec());
        for (port, commands) in self.ports.iter().zip(&mut self.commands) {
            if !commands.is_empty() {
                port.send(Batch {
                    commands: std::mem::take(commands),
                    bytes: bytes.clone(),
                });
            }
        }
    }
}

/// Which of so many reactors serves a connection. Those of a block go round, and each block begins
/// one further on: threads of a single connection each do not meet at one reactor.
fn reactor_of(conn: ConnId, reactors: usize) -> usize {
    (conn / BLOCK_IDS + conn % BLOCK_IDS) as usize % reactors
}

impl Coming {
    /// A command waits until the connection has come. What closes it does not wait for long: see
    /// `Passage`.
    fn wait(&mut self, command: Command, slab: &[u8]) {
        if let Command::Close { reset, .. } = command
            && (reset || !self.waiting.iter().any(Waiting::sends))
        {
            self.passage.hang_up(reset);
        }
        self.waiting.push(Waiting::new(command, slab));
    }
}

impl Waiting {
    /// Whether it has something to send.
    fn sends(&self) -> bool {
        matches!(
            self.command,
            Command::Write { .. } | Command::WriteLarge { .. } | Command::Shutdown { .. }
        )
    }

    /// The bytes are this tick's: they are copied.
    fn new(command: Command, slab: &[u8]) -> Self {
        match command {
            Command::Write {
                conn,
                range,
                acknowledge,
            } => {
                let bytes = slab.get(range).unwrap_or_default().to_vec();
                Self {
                    command: Command::Write {
                        conn,
                        range: 0..bytes.len(),
                        acknowledge,
                    },
                    bytes,
                }
            }
            command => Self {
                command,
                bytes: Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
