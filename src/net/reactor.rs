//! The reactor's thread: commands in, connections served, events out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use slab::Slab;
use tokio::runtime::{self, Runtime};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, LocalSet, spawn_local, yield_now};
use tokio::time::sleep;

use super::command::{Batch, Command, ConnId};
use super::conn::{Conn, Outgoing, Place};
use super::conn_table::ConnTable;
use super::connect::{Connect, connect};
use super::event::Event;
use super::host::Host;
use super::parcel::Parcel;
use super::resolve::Resolver;
use super::secure::Secure;
use super::stream::Stream;
use super::{Inbound, Outbox, burst, options, scheduling};
use crate::lock::lock;

/// The most threads `OXAGENT_IO_THREADS` may ask for.
const THREADS_MAX: usize = 64;

/// What one question to the kernel may bring to light. A look at a connection before a request is
/// written on it must not miss its end behind those of as many others: a server that goes down ends
/// all of them at once. Memory is taken for those alone that come.
const EVENTS_PER_POLL: usize = 16 << 10;

/// Threads for `getaddrinfo`, which blocks: as many as libuv has. They start with the lookups that
/// need them, and end when they have rested for a while.
const RESOLVERS_MAX: usize = 4;

/// How long a process that exits waits for servers that take nothing more. What is lost then was
/// called written: Node's own sockets would have kept the program waiting for it.
const STALL_MAX: Duration = Duration::from_millis(500);

/// How often it looks.
const SETTLE_PERIOD: Duration = Duration::from_millis(1);

/// The reactors of this process, started at the first call.
///
/// # Errors
///
/// When the system gives no thread or no event queue.
pub fn reactors() -> io::Result<&'static [Reactor]> {
    static REACTORS: OnceLock<Vec<Reactor>> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = lock(&STARTING);
    if let Some(reactors) = REACTORS.get() {
        return Ok(reactors);
    }
    let started = (0..threads())
        .map(|_| Reactor::start())
        .collect::<io::Result<Vec<_>>>()?;
    Ok(REACTORS.get_or_init(|| started))
}

/// I/O threads of this process: `OXAGENT_IO_THREADS`, 1 to 64, by default 1.
fn threads() -> usize {
    std::env::var("OXAGENT_IO_THREADS")
        .ok()
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(1)
        .clamp(1, THREADS_MAX)
}

/// One I/O thread. It lives as long as the process.
pub struct Reactor {
    inbox: Arc<Inbox>,
}

/// An environment's way to one reactor.
pub struct Port {
    inbox: Arc<Inbox>,
    key: usize,
}

impl Reactor {
    fn start() -> io::Result<Self> {
        let runtime = runtime()?;
        let inbox = Arc::new(Inbox::new());
        let served = inbox.clone();
        std::thread::Builder::new()
            .name("oxagent-io".into())
            .spawn(move || run(&served, runtime))?;
        Ok(Self { inbox })
    }

    /// Opens a port. Blocks for one turn of the reactor.
    pub fn attach(&self, outbox: Arc<Outbox>, inbound: Box<dyn Inbound + Send>) -> Option<Port> {
        let (answer, answered) = mpsc::channel();
        self.inbox.send(Message::Attach {
            outbox,
            inbound,
            answer,
        });
        let key = answered.recv().ok()?;
        Some(Port {
            inbox: self.inbox.clone(),
            key,
        })
    }
}

impl Port {
    /// Sends what one turn of the event loop asked for.
    pub fn send(&self, batch: Batch) {
        self.inbox.send(Message::Batch {
            port: self.key,
            batch,
        });
    }

    /// Waits until the kernel has all that JavaScript was told is written: no longer than `limit`,
    /// nor than `STALL_MAX` while it takes nothing. Whether it has. Blocks.
    #[must_use]
    pub fn settle(&self, limit: Duration) -> bool {
        let (answer, answered) = mpsc::channel();
        self.inbox.send(Message::Settle {
            port: self.key,
            limit,
            answer,
        });
        answered.recv().unwrap_or(true)
    }

    /// Drops all connections of the port. When it returns, the reactor holds no memory of the
    /// environment any more. Blocks for one turn of the reactor.
    pub fn detach(&self) {
        let (answer, answered) = mpsc::channel();
        self.inbox.send(Message::Detach {
            port: self.key,
            answer,
        });
        let _ = answered.recv();
    }
}

enum Message {
    Attach {
        outbox: Arc<Outbox>,
        inbound: Box<dyn Inbound + Send>,
        answer: mpsc::Sender<usize>,
    },
    Batch {
        port: usize,
        batch: Batch,
    },
    Settle {
        port: usize,
        limit: Duration,
        answer: mpsc::Sender<bool>,
    },
    Detach {
        port: usize,
        answer: mpsc::Sender<()>,
    },
}

struct Inbox {
    /// None once the thread has ended: whoever waits for an answer then hears that none comes.
    messages: Mutex<Option<Vec<Message>>>,
    arrived: Notify,
}

/// Ends the inbox with its thread.
struct Closing(Arc<Inbox>);

impl Drop for Closing {
    fn drop(&mut self) {
        *lock(&self.0.messages) = None;
    }
}

impl Inbox {
    fn new() -> Self {
        Self {
            messages: Mutex::new(Some(Vec::new())),
            arrived: Notify::new(),
        }
    }

    fn send(&self, message: Message) {
        let mut messages = lock(&self.messages);
        let Some(waiting) = &mut *messages else {
            return;
        };
        waiting.push(message);
        let first = waiting.len() == 1;
        drop(messages);
        if first {
            self.arrived.notify_one();
        }
    }

    fn take(&self) -> Vec<Message> {
        lock(&self.messages)
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }
}

fn runtime() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(RESOLVERS_MAX)
        .max_io_events_per_tick(EVENTS_PER_POLL)
        .on_thread_park(|| {
            Outbox::ring_due();
            scheduling::turn_ended();
        })
        .thread_name("oxagent-dns")
        .on_thread_start(scheduling::helper_started)
        .build()
}

/// The thread. A panic that no connection's task has caught ends the connections, and nothing else.
fn run(inbox: &Arc<Inbox>, mut runtime: Runtime) {
    let _closing = Closing(inbox.clone());
    scheduling::begin();
    let mut desk = Desk::default();
    loop {
        let tasks = LocalSet::new();
        let serving = || tasks.block_on(&runtime, serve(inbox, &mut desk));
        let _ = catch_unwind(AssertUnwindSafe(serving));
        drop(tasks);
        desk.fail_all();
        // It may have lost its driver. A name that is being resolved must not hold up the rest.
        runtime.shutdown_background();
        runtime = match self::runtime() {
            Ok(runtime) => runtime,
            Err(_) => return,
        };
    }
}

/// What outlives a panic of the thread.
#[derive(Default)]
struct Desk {
    ports: Slab<PortState>,
    resolver: Rc<Resolver>,
    messages: VecDeque<Message>,
    /// Whoever waits for the end of a port, until nothing holds memory of its environment.
    detaching: Option<mpsc::Sender<()>>,
}

impl Desk {
    /// The tasks have gone, and with them the connections.
    fn fail_all(&mut self) {
        for (_, port) in &mut self.ports {
            port.fail_all();
        }
        if let Some(answer) = self.detaching.take() {
            let _ = answer.send(());
        }
    }
}

/// The thread's own loop, which only a panic ends.
async fn serve(inbox: &Inbox, desk: &mut Desk) {
    let Desk {
        ports,
        resolver,
        messages,
        detaching,
    } = desk;
    spawn_local(burst::give_back());
    loop {
        if messages.is_empty() {
            // Looked at before the wait too: those that came before a panic are announced no more.
            messages.extend(inbox.take());
            let idle = messages.is_empty();
            release_tails(ports, idle);
            if idle {
                inbox.arrived.notified().await;
                injected!(Thread);
                messages.extend(inbox.take());
            }
            // Asks the kernel what has come until these messages were taken (tokio polls it before
            // it wakes who has yielded): a request must not be written on a connection that the
            // server closed before (`Conn::look`). What is sent meanwhile waits for a look of its
            // own.
            yield_now().await;
        }
        while let Some(message) = messages.pop_front() {
            match message {
                Message::Attach {
                    outbox,
                    inbound,
                    answer,
                } => {
                    let port = PortState::new(outbox, inbound, resolver.clone());
                    let _ = answer.send(ports.insert(port));
                }
                Message::Batch { port, batch } => {
                    if let Some(port) = ports.get_mut(port) {
                        port.obey(batch);
                    }
                }
                Message::Settle {
                    port,
                    limit,
                    answer,
                } => {
                    release_tails(ports, true);
                    if let Some(port) = ports.get(port) {
                        spawn_local(settled(port.entries.clone(), limit, answer));
                    }
                }
                Message::Detach { port, answer } => {
                    *detaching = Some(answer);
                    if let Some(mut port) = ports.try_remove(port) {
                        port.close_all();
                    }
                    if let Some(answer) = detaching.take() {
                        let _ = answer.send(());
                    }
                }
            }
        }
    }
}

fn release_tails(ports: &mut Slab<PortState>, idle: bool) {
    for (_, port) in ports {
        port.release_tails(idle);
    }
}

enum Entry {
    Connecting {
        task: AbortHandle,
        /// Hears of each `Command::Dial`.
        dial: Rc<Notify>,
    },
    Open(Place),
    Refused,
}

type Entries = Rc<RefCell<ConnTable<Entry>>>;

struct PortState {
    host: Rc<Host>,
    resolver: Rc<Resolver>,
    entries: Entries,
    /// Connections with a tail: see `Conn::release`.
    tails: Vec<ConnId>,
}

impl PortState {
    fn new(outbox: Arc<Outbox>, inbound: Box<dyn Inbound>, resolver: Rc<Resolver>) -> Self {
        Self {
            host: Rc::new(Host::across(outbox, inbound)),
            resolver,
            entries: Entries::default(),
            tails: Vec::new(),
        }
    }

    fn obey(&mut self, batch: Batch) {
        let told = batch.commands.iter().any(Command::tells_of_large);
        let host = self.host.clone();
        for command in batch.commands {
            let conn = command.conn();
            host.guard(conn, || self.obey_one(command, &batch.bytes));
        }
        // A stream of large writes: JavaScript fills its window again while the rest of it is
        // written, not when this thread has nothing left to do.
        if told {
            Outbox::ring_due();
        }
    }

    fn obey_one(&mut self, command: Command, bytes: &Arc<Vec<u8>>) {
        injected!(Command);
        let outgoing = match command {
            Command::Connect { conn, connect } => return self.connect(conn, *connect),
            Command::Close { conn, reset } => return self.close(conn, reset),
            Command::Write {
                conn,
                range,
                acknowledge,
            } => (
                conn,
                Outgoing::Copied {
                    bytes: bytes.clone(),
                    range,
                    acknowledge,
                },
            ),
            Command::WriteLarge {
                conn,
                large,
                acknowledge,
            } => (conn, Outgoing::large(large, acknowledge)),
            Command::Dial { conn } => return self.dial(conn),
            Command::Proceed { conn } => return self.with(conn, |conn, _| conn.proceed()),
            Command::Yield { conn } => return self.give(conn),
            Command::Adopt { conn, parcel } => return self.adopt(conn, parcel),
            Command::Shutdown { conn } => return self.with(conn, Conn::shutdown),
            Command::Resume { conn } => return self.with(conn, |conn, _| conn.resume()),
            Command::NoDelay { conn, on } => {
                return self.with_stream(conn, |stream| options::set_no_delay(stream, on));
            }
            Command::KeepAlive { conn, keep_alive } => {
                return self
                    .with_stream(conn, |stream| options::set_keep_alive(stream, keep_alive));
            }
            Command::TypeOfService { conn, value } => {
                return self
                    .with_stream(conn, |stream| options::set_type_of_service(stream, value));
            }
        };
        let (conn, outgoing) = outgoing;
        self.write(conn, outgoing);
    }

    fn write(&mut self, conn: ConnId, outgoing: Outgoing) {
        let mut holds = false;
        self.with(conn, |conn, host| {
            let held = conn.is_holding();
            conn.write(host, outgoing);
            holds = !held && conn.is_holding();
        });
        if holds {
            self.tails.push(conn);
        }
    }

    fn release_tails(&mut self, idle: bool) {
        let mut tails = std::mem::take(&mut self.tails);
        tails.retain(|&conn| {
            let mut holds = false;
            self.host.guard(conn, || {
                self.with(conn, |conn, host| holds = conn.release(host, idle));
            });
            holds
        });
        self.tails = tails;
    }

    fn connect(&mut self, conn: ConnId, mut request: Connect) {
        let (host, entries) = (self.host.clone(), self.entries.clone());
        let resolver = self.resolver.clone();
        let dial = Rc::new(Notify::new());
        let dialing = dial.clone();
        let task = spawn_local(async move {
            let guard = ConnectGuard {
                conn,
                host: host.clone(),
            };
            injected!(Connecting);
            let opened = connect(conn, &mut request, &resolver, &dialing, host.outbox()).await;
            let entry = match opened {
                Ok(stream) => open(conn, &mut request, &host, stream),
                Err(refusal) => {
                    let (failures, several) = (refusal.failures, refusal.several);
                    host.push(Event::ConnectFailed {
                        conn,
                        failures,
                        several,
                    });
                    Entry::Refused
                }
            };
            std::mem::forget(guard);
            if let Some(place) = entries.borrow_mut().get_mut(conn) {
                *place = entry;
            }
        });
        let task = task.abort_handle();
        let entry = Entry::Connecting { task, dial };
        self.entries.borrow_mut().insert(conn, entry);
    }

    /// Another attempt may have connected meanwhile.
    fn dial(&self, conn: ConnId) {
        if let Some(Entry::Connecting { dial, .. }) = self.entries.borrow().get(conn) {
            dial.notify_one();
        }
    }

    fn close(&mut self, conn: ConnId, reset: bool) {
        let entry = self.entries.borrow_mut().remove(conn);
        if let Some(entry) = entry {
            entry.close(&self.host, reset);
        }
        self.host.push(Event::Closed { conn });
    }

    fn close_all(&mut self) {
        for entry in self.entries.take().into_values() {
            entry.close(&self.host, false);
        }
    }

    /// The tasks that served these connections are no more.
    fn fail_all(&mut self) {
        for (conn, entry) in self.entries.borrow_mut().iter_mut() {
            match std::mem::replace(entry, Entry::Refused) {
                Entry::Connecting { .. } => self.host.push(Event::Panicked { conn }),
                Entry::Open(place) => {
                    if let Some(conn) = &mut *place.borrow_mut() {
                        conn.fail_by_panic(&self.host);
                    }
                }
                Entry::Refused => {}
            }
        }
        self.host.outbox().ring();
    }

    /// Gives a connection to the event loop. Its task ends.
    fn give(&mut self, conn: ConnId) {
        let place = match self
            .entries
            .borrow_mut()
            .take_if(conn, |entry| entry.may_move())
        {
            Some(Entry::Open(place)) => place.take(),
            _ => None,
        };
        let parcel = place.map(|mut conn| {
            conn.leave(&self.host);
            conn.rewatch(&self.host, Stream::into_bare);
            Parcel(conn)
        });
        self.host.push(Event::Yielded { conn, parcel });
    }

    fn adopt(&mut self, conn: ConnId, parcel: Parcel) {
        let Parcel(mut open) = parcel;
        open.rewatch(&self.host, Stream::into_watched);
        let place = Rc::new(RefCell::new(Some(open)));
        spawn_local(Conn::run(place.clone(), self.host.clone()));
        self.entries.borrow_mut().insert(conn, Entry::Open(place));
    }

    fn with(&self, conn: ConnId, act: impl FnOnce(&mut Conn, &Host)) {
        if let Some(Entry::Open(place)) = self.entries.borrow().get(conn)
            && let Some(conn) = &mut *place.borrow_mut()
        {
            act(conn, &self.host);
        }
    }

    fn with_stream(&self, conn: ConnId, act: impl FnOnce(&Stream)) {
        self.with(conn, |conn, _| conn.with_stream(act));
    }
}

/// Answers when the kernel has what these connections owe it, or takes nothing more.
async fn settled(entries: Entries, limit: Duration, answer: mpsc::Sender<bool>) {
    let begun = Instant::now();
    let (mut unsent, mut since) = (usize::MAX, begun);
    let all = loop {
        let left = entries.borrow().values().map(Entry::unsent).sum();
        if left < unsent {
            (unsent, since) = (left, Instant::now());
        }
        if left == 0 || since.elapsed() > STALL_MAX || begun.elapsed() >= limit {
            break left == 0;
        }
        sleep(SETTLE_PERIOD).await;
    };
    let _ = answer.send(all);
}

/// Serves a connection from here on.
fn open(conn: ConnId, request: &mut Connect, host: &Rc<Host>, stream: Stream) -> Entry {
    let (local, peer) = stream.endpoints();
    options::apply(&stream, request.options);
    host.push(Event::Connected { conn, local, peer });
    let secure = match request.tls.take().map(Secure::new).transpose() {
        Ok(secure) => secure,
        Err(failure) => {
            request.gate.kill();
            host.push(Event::TlsFailed { conn, failure });
            return Entry::Refused;
        }
    };
    let open = Conn::new(conn, request.gate.clone(), stream, secure);
    let place = Rc::new(RefCell::new(Some(Box::new(open))));
    spawn_local(Conn::run(place.clone(), host.clone()));
    Entry::Open(place)
}

/// Turns a panic while connecting into a failure of the connection.
struct ConnectGuard {
    conn: ConnId,
    host: Rc<Host>,
}

impl Drop for ConnectGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.host.push(Event::Panicked { conn: self.conn });
        }
    }
}

impl Entry {
    /// Whether another carrier can go on with it.
    fn may_move(&self) -> bool {
        match self {
            Self::Open(place) => place.borrow().as_ref().is_some_and(|conn| conn.may_move()),
            Self::Connecting { .. } | Self::Refused => false,
        }
    }

    /// Bytes that JavaScript takes for written, and the kernel has not got.
    fn unsent(&self) -> usize {
        match self {
            Self::Open(place) => place.borrow().as_ref().map_or(0, |conn| conn.unsent()),
            Self::Connecting { .. } | Self::Refused => 0,
        }
    }

    fn close(self, host: &Host, reset: bool) {
        match self {
            Self::Connecting { task, .. } => task.abort(),
            Self::Open(place) => {
                if let Some(conn) = &mut *place.borrow_mut() {
                    conn.close(host, reset);
                }
            }
            Self::Refused => {}
        }
    }
}
