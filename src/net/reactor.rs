//! The reactor's thread: commands in, connections served, events out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use std::vec;

use slab::Slab;
use tokio::runtime::{self, Runtime};
use tokio::sync::Notify;
use tokio::task::coop::unconstrained;
use tokio::task::{AbortHandle, LocalSet, spawn_local, yield_now};
use tokio::time::sleep;

#[cfg(unix)]
use super::ask::Question;
use super::caught::caught;
use super::command::{Batch, Command, ConnId};
use super::conn::{Conn, Outgoing, Place};
use super::conn_table::ConnTable;
use super::connect::{Connect, Target, connect};
use super::event::{Event, Failure};
use super::host::Host;
use super::parcel::{Parcel, Passage};
use super::resolve::Resolver;
use super::secure::Secure;
use super::stream::Stream;
use super::{Inbound, Outbox, burst, options, scheduling, turn};
use crate::lock::lock;

/// Commands between two looks at the clock. One is a system call as a rule, of 5 to 10 us; the
/// connections of so many are asked for at once whether they have ended.
const COMMANDS_PER_STEP: usize = 32;

/// Threads for `getaddrinfo`, which blocks: as many as libuv has. They start with the lookups that
/// need them, and end when they have rested for a while.
const RESOLVERS_MAX: usize = 4;

/// How long a process that exits waits for servers that take nothing more. What is lost then was
/// called written: Node's own sockets would have kept the program waiting for it.
const STALL_MAX: Duration = Duration::from_millis(500);

/// How often it looks.
const SETTLE_PERIOD: Duration = Duration::from_millis(1);

/// The reactors of this process, started at the first call, which says how many.
///
/// # Errors
///
/// When the system gives no thread or no event queue.
pub fn reactors(threads: u32) -> io::Result<&'static [Reactor]> {
    static REACTORS: OnceLock<Vec<Reactor>> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = lock(&STARTING);
    if let Some(reactors) = REACTORS.get() {
        return Ok(reactors);
    }
    let started = (0..threads)
        .map(|_| Reactor::start())
        .collect::<io::Result<Vec<_>>>()?;
    Ok(REACTORS.get_or_init(|| started))
}

/// One I/O thread. It lives as long as the process.
pub struct Reactor {
    inbox: Arc<Inbox>,
}

/// An environment's way to one reactor.
pub struct Port {
    inbox: Arc<Inbox>,
    key: usize,
    outbox: Arc<Outbox>,
}

impl Reactor {
    pub(super) fn start() -> io::Result<Self> {
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
        let _ = self.inbox.send(Message::Attach {
            outbox: outbox.clone(),
            inbound,
            answer,
        });
        let key = answered.recv().ok()?;
        Some(Port {
            inbox: self.inbox.clone(),
            key,
            outbox,
        })
    }
}

impl Port {
    /// Sends what one turn of the event loop asked for.
    pub fn send(&self, batch: Batch) {
        let unsent = self.inbox.send(Message::Batch {
            port: self.key,
            batch,
        });
        if let Some(Message::Batch { batch, .. }) = unsent {
            refuse(&self.outbox, batch.commands);
            Outbox::wake_due();
        }
    }

    /// Waits until the kernel has all that JavaScript was told is written: no longer than `limit`,
    /// nor than `STALL_MAX` while it takes nothing. Whether it has. Blocks.
    #[must_use]
    pub fn settle(&self, limit: Duration) -> bool {
        let (answer, answered) = mpsc::channel();
        let _ = self.inbox.send(Message::Settle {
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
        let _ = self.inbox.send(Message::Detach {
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
    /// None once the thread has ended: whoever waits for an answer then hears that none comes, and
    /// whoever sends has its message back.
    messages: Mutex<Option<Vec<Message>>>,
    arrived: Notify,
}

impl Inbox {
    fn new() -> Self {
        Self {
            messages: Mutex::new(Some(Vec::new())),
            arrived: Notify::new(),
        }
    }

    /// Gives the message back where nobody will take it.
    fn send(&self, message: Message) -> Option<Message> {
        let mut messages = lock(&self.messages);
        let Some(waiting) = &mut *messages else {
            return Some(message);
        };
        waiting.push(message);
        let first = waiting.len() == 1;
        drop(messages);
        if first {
            self.arrived.notify_one();
        }
        None
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
        .on_thread_park(|| {
            Outbox::wake_due();
            turn::at_rest();
            scheduling::turn_ended();
        })
        .thread_name("oxagent-dns")
        .on_thread_start(scheduling::helper_started)
        .build()
}

/// The thread. A panic that no connection's task has caught ends the connections, and nothing else;
/// where the thread cannot go on after it, it says so to whoever asks for more.
fn run(inbox: &Arc<Inbox>, runtime: Runtime) {
    scheduling::begin();
    let mut closing = Closing {
        inbox,
        state: ReactorState::default(),
    };
    let mut next = Some(runtime);
    while let Some(runtime) = next.take() {
        let tasks = LocalSet::new();
        // What is done here for many connections is not one task's work, after so much of which
        // tokio would answer that none of them has anything to read.
        let serving = turn::in_turns(serve(inbox, &mut closing.state));
        caught(|| tasks.block_on(&runtime, unconstrained(serving)));
        caught(|| drop(tasks));
        closing.state.fail_all();
        // It may have lost its driver. A name that is being resolved must not hold up the rest.
        caught(|| runtime.shutdown_background());
        next = self::runtime_again().ok();
    }
}

fn runtime_again() -> io::Result<Runtime> {
    injected!(Restarting, Err(io::ErrorKind::Other.into()));
    runtime()
}

/// Answers the commands that nobody obeys. What is not begun here has ended with the thread.
fn refuse(outbox: &Arc<Outbox>, commands: impl IntoIterator<Item = Command>) {
    for command in commands {
        match command {
            Command::Connect { conn, connect } => {
                connect.gate.kill();
                outbox.push(Event::Panicked { conn });
            }
            Command::Adopt { conn, mut parcel } if !parcel.0.is_over() => {
                parcel.0.abandon();
                outbox.push(Event::Panicked { conn });
            }
            Command::Yield { conn, .. } => outbox.push(Event::Yielded { conn }),
            // Of connections that are over, or that end with the thread.
            _ => {}
        }
    }
}

/// Ends the inbox with its thread. Nobody's message is lost.
struct Closing<'a> {
    inbox: &'a Inbox,
    state: ReactorState,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let unread = lock(&self.inbox.messages).take();
        self.state.messages.extend(unread.unwrap_or_default());
        caught(|| self.state.refuse_all());
    }
}

/// What outlives a panic of the thread.
#[derive(Default)]
struct ReactorState {
    ports: Slab<PortState>,
    resolver: Rc<Resolver>,
    messages: VecDeque<Message>,
    /// The batch that is being obeyed.
    obeying: Option<Obeying>,
    /// Whoever waits for the end of a port, until nothing holds memory of its environment.
    detaching: Option<mpsc::Sender<()>>,
}

/// A batch, and how far it is obeyed.
struct Obeying {
    port: usize,
    commands: vec::IntoIter<Command>,
    bytes: Arc<Vec<u8>>,
    /// See `Command::tells_of_large`.
    tells: bool,
}

impl Obeying {
    fn new(port: usize, batch: Batch) -> Self {
        Self {
            port,
            tells: batch.commands.iter().any(Command::tells_of_large),
            commands: batch.commands.into_iter(),
            bytes: batch.bytes,
        }
    }
}

impl ReactorState {
    /// The tasks have gone, and with them the connections.
    fn fail_all(&mut self) {
        for (_, port) in &mut self.ports {
            port.fail_all();
        }
        if let Some(answer) = self.detaching.take() {
            let _ = answer.send(());
        }
    }

    /// The thread ends, and obeys no more. Whoever waits for an answer hears that there is none.
    fn refuse_all(&mut self) {
        let begun = self.obeying.take();
        let begun = begun.map(|begun| (begun.port, begun.commands));
        let waiting = self.messages.drain(..).filter_map(|message| match message {
            Message::Batch { port, batch } => Some((port, batch.commands.into_iter())),
            _ => None,
        });
        for (port, commands) in begun.into_iter().chain(waiting) {
            if let Some(port) = self.ports.get(port) {
                refuse(port.host.outbox(), commands);
            }
        }
        self.fail_all();
    }
}

/// The thread's own loop, which only a panic ends.
async fn serve(inbox: &Inbox, state: &mut ReactorState) {
    let ReactorState {
        ports,
        resolver,
        messages,
        obeying,
        detaching,
    } = state;
    spawn_local(burst::give_back());
    loop {
        if obeying.is_none() && messages.is_empty() {
            // Looked at before the wait too: those that came before a panic are announced no more.
            messages.extend(inbox.take());
            let idle = messages.is_empty();
            release_tails(ports, idle);
            if idle {
                inbox.arrived.notified().await;
                injected!(Thread);
            } else {
                // The connections have their turn, however much JavaScript asks for.
                yield_now().await;
            }
            messages.extend(inbox.take());
        }
        loop {
            if let Some(batch) = obeying {
                let is_done = match ports.get_mut(batch.port) {
                    Some(port) => port.obey(batch),
                    None => true,
                };
                if is_done {
                    *obeying = None;
                }
                if turn::is_spent() {
                    yield_now().await;
                    continue;
                }
            }
            let Some(message) = messages.pop_front() else {
                break;
            };
            match message {
                Message::Attach {
                    outbox,
                    inbound,
                    answer,
                } => {
                    let port = PortState::new(outbox, inbound, resolver.clone());
                    let _ = answer.send(ports.insert(port));
                }
                Message::Batch { port, batch } => *obeying = Some(Obeying::new(port, batch)),
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
}

type Entries = Rc<RefCell<ConnTable<Entry>>>;

struct PortState {
    #[cfg(unix)]
    question: Question,
    host: Rc<Host>,
    resolver: Rc<Resolver>,
    entries: Entries,
    /// Connections with a tail: see `Conn::release`.
    tails: Vec<ConnId>,
}

impl PortState {
    fn new(outbox: Arc<Outbox>, inbound: Box<dyn Inbound>, resolver: Rc<Resolver>) -> Self {
        Self {
            #[cfg(unix)]
            question: Question::default(),
            host: Rc::new(Host::across(outbox, inbound)),
            resolver,
            entries: Entries::default(),
            tails: Vec::new(),
        }
    }

    /// Goes on with a batch until the turn is spent. Whether all of it is obeyed.
    fn obey(&mut self, batch: &mut Obeying) -> bool {
        while batch.commands.len() > 0 {
            let step = batch.commands.len().min(COMMANDS_PER_STEP);
            #[cfg(unix)]
            self.ask(&batch.commands.as_slice()[..step]);
            for command in batch.commands.by_ref().take(step) {
                self.obey_or_fail(command, &batch.bytes);
            }
            if batch.commands.len() > 0 && turn::is_spent() {
                return false;
            }
        }
        // A stream of large writes: JavaScript fills its window again while the rest of it is
        // written, not when this thread has nothing left to do.
        if batch.tells {
            Outbox::wake_due();
        }
        true
    }

    /// A panic in it is the connection's, not the thread's.
    fn obey_or_fail(&mut self, command: Command, bytes: &Arc<Vec<u8>>) {
        let conn = command.conn();
        let begins = match &command {
            Command::Connect { .. } => true,
            Command::Adopt { parcel, .. } => !parcel.0.is_over(),
            _ => false,
        };
        let yields = matches!(command, Command::Yield { .. });
        if !caught(|| self.obey_one(command, bytes)) {
            return;
        }
        if !fail(&self.entries, &self.host, conn) && begins {
            self.host.push(Event::Panicked { conn });
        }
        if yields {
            // Commands wait for it.
            self.host.push(Event::Yielded { conn });
        }
    }

    /// Asks the kernel whether the connections that are to carry new requests have ended: `Conn`
    /// would ask of each alone.
    #[cfg(unix)]
    fn ask(&mut self, commands: &[Command]) {
        let entries = self.entries.borrow();
        let open = |conn: ConnId| match entries.get(conn) {
            Some(Entry::Open(place)) => Some(place),
            _ => None,
        };
        for command in commands {
            if let Command::Write { conn, .. } | Command::WriteLarge { conn, .. } = command
                && let Some(place) = open(*conn)
                && let Some(stream) = place.borrow().as_ref().and_then(|conn| conn.unasked())
            {
                self.question.add(*conn, stream);
            }
        }
        self.question.ask(|conn| {
            if let Some(place) = open(conn)
                && let Some(conn) = &mut *place.borrow_mut()
            {
                conn.was_silent();
            }
        });
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
            Command::Yield { conn, passage } => return self.give(conn, &passage),
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
            if caught(|| self.with(conn, |conn, host| holds = conn.release(host, idle))) {
                fail(&self.entries, &self.host, conn);
            }
            holds
        });
        self.tails = tails;
    }

    fn connect(&mut self, conn: ConnId, mut request: Connect) {
        if let Target::Made(made) = &mut request.target {
            let served = made.serve();
            return self.serve_made(conn, request, served);
        }
        let (host, entries) = (self.host.clone(), self.entries.clone());
        let resolver = self.resolver.clone();
        let dial = Rc::new(Notify::new());
        let dialing = dial.clone();
        // The task finds it when it is done.
        let mut places = self.entries.borrow_mut();
        let task = spawn_local(turn::making(async move {
            let guard = ConnectGuard {
                conn,
                host,
                entries,
            };
            let (host, entries) = (&guard.host, &guard.entries);
            injected!(Connecting);
            match connect(conn, &mut request, &resolver, &dialing, host.outbox()).await {
                Ok(stream) => {
                    let (local, peer) = stream.endpoints();
                    options::apply(&stream, request.options);
                    host.push(Event::Connected { conn, local, peer });
                    open(conn, &mut request, host, entries, stream);
                }
                Err(refusal) => {
                    entries.borrow_mut().remove(conn);
                    let (failures, several) = (refusal.failures, refusal.several);
                    host.push(Event::ConnectFailed {
                        conn,
                        failures,
                        several,
                    });
                }
            }
        }));
        let task = task.abort_handle();
        places.insert(conn, Entry::Connecting { task, dial });
    }

    /// Serves a connection that is there: what JavaScript writes may follow in this very batch.
    fn serve_made(&self, conn: ConnId, mut request: Connect, made: Result<Stream, Failure>) {
        match made {
            Ok(stream) => open(conn, &mut request, &self.host, &self.entries, stream),
            Err(Failure { syscall, code, .. }) => {
                request.gate.kill();
                self.host.push(Event::Failed {
                    conn,
                    syscall,
                    code,
                    refused: false,
                });
            }
        }
    }

    /// Another attempt may have connected meanwhile.
    fn dial(&self, conn: ConnId) {
        if let Some(Entry::Connecting { dial, .. }) = self.entries.borrow().get(conn) {
            dial.notify_one();
        }
    }

    /// One that is not known is over, and has told so.
    fn close(&mut self, conn: ConnId, reset: bool) {
        if let Some(entry) = self.entries.borrow().get(conn) {
            entry.close(&self.host, conn, reset);
        }
        self.entries.borrow_mut().remove(conn);
    }

    fn close_all(&mut self) {
        for (conn, entry) in self.entries.take().iter_mut() {
            entry.close(&self.host, conn, false);
        }
    }

    /// The tasks that served these connections are no more.
    fn fail_all(&mut self) {
        let open: Vec<ConnId> = self
            .entries
            .borrow_mut()
            .iter_mut()
            .map(|(conn, _)| conn)
            .collect();
        for conn in open {
            fail(&self.entries, &self.host, conn);
        }
        caught(|| self.host.outbox().wake());
    }

    /// Gives a connection to the event loop. Its task ends.
    fn give(&mut self, conn: ConnId, passage: &Passage) {
        let place = match self
            .entries
            .borrow_mut()
            .take_if(conn, |entry| entry.may_move())
        {
            Some(Entry::Open(place)) => place.take(),
            _ => None,
        };
        if let Some(mut conn) = place {
            if caught(|| {
                // Its task ends.
                if let Some(waker) = conn.leave(&self.host) {
                    waker.wake();
                }
                injected!(Giving);
                conn.rewatch(&self.host, Stream::into_bare);
            }) {
                conn.fail_by_panic(&self.host);
            }
            if !conn.is_over() {
                passage.put(Parcel(conn));
            }
        }
        self.host.push(Event::Yielded { conn });
    }

    fn adopt(&mut self, conn: ConnId, parcel: Parcel) {
        let Parcel(open) = parcel;
        let place = Rc::new(RefCell::new(Some(open)));
        self.entries
            .borrow_mut()
            .insert(conn, Entry::Open(place.clone()));
        self.with(conn, |conn, host| conn.rewatch(host, Stream::into_watched));
        spawn_local(serve_open(
            conn,
            place,
            self.host.clone(),
            self.entries.clone(),
        ));
    }

    fn with(&self, conn: ConnId, act: impl FnOnce(&mut Conn, &Host)) {
        let mut is_over = false;
        if let Some(Entry::Open(place)) = self.entries.borrow().get(conn)
            && let Some(conn) = &mut *place.borrow_mut()
        {
            act(conn, &self.host);
            is_over = conn.is_over();
        }
        if is_over {
            self.entries.borrow_mut().remove(conn);
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

/// Serves a connection from here on. It is known before anything is done for it.
fn open(conn: ConnId, request: &mut Connect, host: &Rc<Host>, entries: &Entries, stream: Stream) {
    injected!(Opening);
    let secure = match request.tls.take().map(Secure::new).transpose() {
        Ok(secure) => secure,
        Err(failure) => {
            request.gate.kill();
            entries.borrow_mut().remove(conn);
            host.push(Event::TlsFailed { conn, failure });
            return;
        }
    };
    let open = Conn::new(conn, request.gate.clone(), stream, secure);
    let place = Rc::new(RefCell::new(Some(Box::new(open))));
    let entry = Entry::Open(place.clone());
    entries.borrow_mut().insert(conn, entry);
    injected!(Opened);
    spawn_local(serve_open(conn, place, host.clone(), entries.clone()));
}

/// Serves an open connection until it is over, or another carrier has it.
async fn serve_open(conn: ConnId, place: Place, host: Rc<Host>, entries: Entries) {
    Conn::run(place.clone(), host).await;
    // Where the connection was given away it is not known here any more, and its id may be
    // another's.
    entries.borrow_mut().take_if(
        conn,
        |entry| matches!(entry, Entry::Open(known) if Rc::ptr_eq(known, &place)),
    );
}

/// Ends a connection, in whatever state, by a panic: its request must hear of it. False where it is
/// not known.
fn fail(entries: &Entries, host: &Host, conn: ConnId) -> bool {
    let entry = entries.borrow_mut().remove(conn);
    let is_told = match entry {
        Some(Entry::Connecting { task, .. }) => {
            task.abort();
            false
        }
        Some(Entry::Open(place)) => !caught(|| {
            injected!(Failing);
            if let Some(conn) = &mut *place.borrow_mut() {
                conn.fail_by_panic(host);
            }
        }),
        None => return false,
    };
    if !is_told {
        host.push(Event::Panicked { conn });
    }
    true
}

/// Turns a panic in the task that makes a connection into a failure of the connection.
struct ConnectGuard {
    conn: ConnId,
    host: Rc<Host>,
    entries: Entries,
}

impl Drop for ConnectGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            fail(&self.entries, &self.host, self.conn);
        }
    }
}

impl Entry {
    /// Whether another carrier can go on with it.
    fn may_move(&self) -> bool {
        match self {
            Self::Open(place) => place.borrow().as_ref().is_some_and(|conn| conn.may_move()),
            Self::Connecting { .. } => false,
        }
    }

    /// Bytes that JavaScript takes for written, and the kernel has not got.
    fn unsent(&self) -> usize {
        match self {
            Self::Open(place) => place.borrow().as_ref().map_or(0, |conn| conn.unsent()),
            Self::Connecting { .. } => 0,
        }
    }

    fn close(&self, host: &Host, conn: ConnId, reset: bool) {
        injected!(Closing);
        match self {
            Self::Connecting { task, .. } => {
                task.abort();
                host.push(Event::Closed { conn });
            }
            Self::Open(place) => {
                if let Some(conn) = &mut *place.borrow_mut() {
                    conn.close(host, reset);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
