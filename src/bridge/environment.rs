//! One JavaScript environment (the main thread or a worker): its rings, its connections, its end.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Int32Array, Object, Uint8Array};
use napi::{Env, Error, Result, Unknown};
use napi_derive::napi;
use slab::Slab;

use crate::net::{
    Carriers, Command, ConnId, ConnTable, Event, LoopCarrier, Mode, Outbound, Outbox, reactors,
};
use crate::tls::Handshake;

use super::bell::{Bell, BellHandle};
use super::connect_request::ConnectRequest;
use super::copies::Copies;
use super::detail::Detail;
use super::ids::Ids;
use super::inbound::{SlabTable, Writer};
use super::lent::Lending;
use super::loaded::keep_loaded;
use super::protocol::take;
use super::records;
use super::ring::{self, Decoder, Gates};
use super::secure::FactsTable;
use super::shown::Shown;
#[cfg(target_os = "linux")]
use super::watcher::watch;

/// What an environment shares with its bridge, and what it asks of it.
#[napi(object, object_to_js = false)]
pub struct BridgeRequest {
    /// Where JavaScript writes commands, and the bytes that they send; see `ring`.
    pub ring: Int32Array,
    pub slab: Uint8Array,
    /// Where it reads events; see `records`.
    pub batch: Int32Array,
    /// How many I/O threads the process is to have, at least 1. Its first bridge decides.
    pub io_threads: u32,
    /// Who carries connections: 'thread', 'loop' or 'auto'.
    pub carrier: String,
}

impl BridgeRequest {
    fn mode(&self) -> Mode {
        match self.carrier.as_str() {
            "auto" => Mode::Auto,
            "loop" => Mode::Loop,
            _ => Mode::Thread,
        }
    }
}

pub(super) struct Environment {
    ring: Int32Array,
    slab: Uint8Array,
    batch: Int32Array,
    outbox: Arc<Outbox>,
    /// Events that wait for a batch.
    taken: VecDeque<Event>,
    /// Those of a connection that has one in this batch.
    deferred: VecDeque<Event>,
    /// The turn in which each connection had its last event.
    turns: Turns,
    /// The received data of the last batch.
    shown: Vec<(ConnId, u32)>,
    carriers: Rc<RefCell<Carriers>>,
    /// The connections that the last batch told to be closed.
    closed: Vec<ConnId>,
    ids: Rc<RefCell<Ids>>,
    gates: Rc<RefCell<Gates>>,
    facts: FactsTable,
    received: Shown,
    lending: Lending,
    copies: Copies,
    large: Vec<Box<dyn Outbound>>,
    details: Slab<Detail>,
    bell: BellHandle,
}

impl Environment {
    /// `on_wake` is called when events wait.
    pub(super) fn new(env: &Env, on_wake: &Unknown, request: BridgeRequest) -> Result<Self> {
        let mode = request.mode();
        keep_loaded();
        let bell = Bell::new(env, on_wake)?;
        let handle = bell.handle();
        let outbox = Arc::new(Outbox::new(Box::new(move || bell.ring())));
        let table = Arc::new(SlabTable::default());
        let reactors = reactors(request.io_threads);
        let reactors = reactors.map_err(|err| Error::from_reason(err.to_string()))?;
        let ports = reactors
            .iter()
            .map(|reactor| {
                let writer = Writer::new(table.clone());
                reactor
                    .attach(outbox.clone(), Box::new(writer))
                    .ok_or_else(|| Error::from_reason("the I/O thread has ended"))
            })
            .collect::<Result<Vec<_>>>()?;
        let event_loop = match mode {
            Mode::Thread => None,
            Mode::Auto | Mode::Loop => {
                let writer = Writer::new(table.clone());
                LoopCarrier::new(outbox.clone(), Box::new(writer)).ok()
            }
        };
        let carriers = Carriers::new(ports, event_loop, mode);
        let carriers = Rc::new(RefCell::new(carriers));

        // Registered after the bell's own hook, so it runs before it: the bell is silent, and no
        // reactor holds memory of this environment, before either goes away.
        let ids: Rc<RefCell<Ids>> = Rc::default();
        let (closing_outbox, closing) = (outbox.clone(), carriers.clone());
        let closing_ids = ids.clone();
        env.add_env_cleanup_hook((), move |()| {
            closing_outbox.close();
            closing.borrow_mut().detach();
            if let Ok(mut ids) = closing_ids.try_borrow_mut() {
                ids.end();
            }
        })?;
        #[cfg(target_os = "linux")]
        if !watch(env, &carriers, on_wake)? {
            carriers.borrow_mut().leave_to_threads();
        }

        Ok(Self {
            ring: request.ring,
            slab: request.slab,
            batch: request.batch,
            outbox,
            taken: VecDeque::new(),
            deferred: VecDeque::new(),
            turns: Turns::default(),
            shown: Vec::new(),
            carriers,
            closed: Vec::new(),
            ids,
            gates: Rc::default(),
            facts: FactsTable::default(),
            received: Shown::new(env, table),
            lending: Lending::default(),
            copies: Copies::default(),
            large: Vec::new(),
            details: Slab::new(),
            bell: handle,
        })
    }

    /// An id for a connection that will begin: the pool may ask of it from here on.
    pub(super) fn open(&mut self) -> Result<u32> {
        let conn = self.ids.borrow_mut().take();
        let conn = conn.ok_or_else(|| Error::from_reason("no connection id is left"))?;
        self.gates.borrow_mut().open(conn);
        self.carriers.borrow_mut().open(conn);
        self.turns.begin(conn);
        Ok(conn)
    }

    /// Takes back an id under which nothing was begun, or of which nothing is left. No command for
    /// it may wait in the ring.
    pub(super) fn forget(&mut self, conn: u32) {
        // What was never given out must not become a free one.
        if let Some(gate) = self.gates.borrow_mut().close(conn) {
            gate.end(self.outbox.ahead());
            self.facts.remove(conn);
            self.carriers.borrow_mut().forget(conn);
            self.turns.end(conn);
            self.ids.borrow_mut().give_back(conn);
        }
    }

    /// Starts a connection that is open. It goes out with the next `flush`.
    pub(super) fn connect(
        &mut self,
        conn: u32,
        request: ConnectRequest,
        tls: Option<Handshake>,
    ) -> Result<()> {
        let gate = self.gates.borrow().get(conn).cloned();
        let gate = gate.ok_or_else(|| Error::from_reason("the connection is not open"))?;
        let connect = Box::new(request.connect(gate, tls)?);
        let command = Command::Connect { conn, connect };
        self.carriers.borrow_mut().connect(command);
        Ok(())
    }

    /// Lends an array to the `WRITE_LARGE` record that the caller writes next.
    pub(super) fn lend(&mut self, array: Uint8Array) {
        let lent = self.lending.lend(array);
        self.large.push(Box::new(lent));
    }

    /// Gives a copy of the array to the `WRITE_LARGE` record that the caller writes next.
    pub(super) fn copy(&mut self, array: &[u8]) {
        self.large.push(Box::new(self.copies.copy(array)));
    }

    /// Hands out the ring's first `words` words, which name the slab's first `bytes` bytes. Whether
    /// `take` has something although nobody will be woken.
    pub(super) fn flush(&mut self, words: u32, bytes: u32) -> bool {
        let slab = self.slab.get(..bytes as usize).unwrap_or_default();
        let mut large = self.large.drain(..);
        let gates = self.gates.borrow();
        let mut decoder = Decoder {
            gates: &gates,
            ahead: self.outbox.ahead(),
            bytes: slab.len(),
            large: &mut large,
        };
        let records = self.ring.get(..words as usize).unwrap_or_default();
        let records = records.chunks_exact(ring::RECORD_WORDS);
        let commands = records.filter_map(|record| decoder.decode(record));
        self.carriers.borrow_mut().flush(commands, slab)
    }

    /// Waits, for a process that is about to exit, until the kernel has what was flushed and called
    /// written; no longer than this. Whether it has.
    pub(super) fn settle(&mut self, limit: Duration) -> bool {
        let mut carriers = self.carriers.borrow_mut();
        carriers.settle(&self.outbox, &mut self.taken, limit)
    }

    /// Whether connections keep the process alive.
    pub(super) fn set_alive(&self, env: &Env, alive: bool) {
        self.bell.set_alive(env, alive);
    }

    /// Moves events into the batch and shows new slabs in `slabs`. Answers the number of records,
    /// with bit 30 set when another call must follow. Every record of the last batch must have been
    /// dealt with.
    ///
    /// One call is one turn of the event loop, and a connection gets one event a turn: between two
    /// of its events the tick and microtask queues run, as between two callbacks of libuv.
    pub(super) fn take(&mut self, env: &Env, mut slabs: Object) -> Result<u32> {
        self.lending.collect();
        self.received.sweep(&mut slabs)?;
        while let Some(conn) = self.closed.pop() {
            self.forget(conn);
        }
        let gates = self.gates.borrow();
        let ahead = self.outbox.ahead();
        // An id is not given out again before this: its last event is in a later batch.
        for (conn, len) in self.shown.drain(..) {
            if let Some(gate) = gates.get(conn) {
                gate.take(ahead, len as usize);
            }
        }
        // SAFETY: JavaScript gave the array for this purpose and runs on this very thread.
        let batch = unsafe { self.batch.as_mut() };
        let (records, _) = batch.as_chunks_mut::<{ records::RECORD_WORDS }>();
        let (received, details) = (&mut self.received, &mut self.details);
        let mut more = true;
        // Those that waited come first, and few new ones to them: a connection that says more than
        // one thing a turn is read no faster than it is served.
        if self.taken.len() < records.len() {
            let mut carriers = self.carriers.borrow_mut();
            more = carriers.collect(&self.outbox, records.len(), &mut self.taken);
        }
        self.turns.next();
        let mut carriers = self.carriers.borrow_mut();
        let mut count = 0;
        for mut event in self.taken.drain(..) {
            let conn = event.conn();
            if count == records.len() || !self.turns.take(conn) {
                self.deferred.push_back(event);
                continue;
            }
            match &mut event {
                Event::Data { chunk, .. } => {
                    *chunk = received.take(env, &slabs, *chunk, count as u32)?;
                    self.shown.push((conn, chunk.len));
                    carriers.received(conn, chunk.len as usize);
                    // Its reader may wait for it, and wake nobody before.
                    more |= gates.get(conn).is_some_and(|gate| gate.may_hold_up());
                }
                Event::Secured { facts, .. } => self.facts.insert(conn, facts.clone()),
                Event::Closed { .. } => {
                    // Its id is given back with the next batch; what it holds is not to wait for
                    // that.
                    self.facts.remove(conn);
                    if let Some(gate) = gates.get(conn) {
                        gate.end(ahead);
                    }
                    self.closed.push(conn);
                }
                _ => {}
            }
            records[count] = records::encode(event, details);
            count += 1;
        }
        std::mem::swap(&mut self.taken, &mut self.deferred);
        more |= !self.taken.is_empty();
        Ok(count as u32 | if more { take::MORE as u32 } else { 0 })
    }

    /// The program may hold a part of this slab: it is not filled again.
    pub(super) fn keep(&mut self, slab: u32) {
        self.received.keep(slab);
    }

    /// Whether each chunk has a Buffer of its own.
    pub(super) fn owns_chunks(&self) -> bool {
        self.received.as_copies()
    }

    /// What the record's event says beyond its words. Once for each such record.
    pub(super) fn detail(&mut self, key: u32) -> Option<Detail> {
        self.details.try_remove(key as usize)
    }

    /// Bytes of this connection that the kernel has taken.
    pub(super) fn written(&self, conn: u32) -> u64 {
        self.gates
            .borrow()
            .get(conn)
            .map_or(0, |gate| gate.written())
    }

    pub(super) fn facts(&self) -> &FactsTable {
        &self.facts
    }

    pub(super) fn gates(&self) -> Rc<RefCell<Gates>> {
        self.gates.clone()
    }

    pub(super) fn carriers(&self) -> Rc<RefCell<Carriers>> {
        self.carriers.clone()
    }
}

/// Which connections have had their event of this turn.
#[derive(Default)]
struct Turns {
    now: u32,
    /// Of each connection that is open.
    last: ConnTable<u32>,
}

impl Turns {
    fn next(&mut self) {
        self.now = self.now.wrapping_add(1);
    }

    fn begin(&mut self, conn: ConnId) {
        self.last.insert(conn, self.now.wrapping_sub(1));
    }

    fn end(&mut self, conn: ConnId) {
        self.last.remove(conn);
    }

    /// False where the connection has had its event.
    fn take(&mut self, conn: ConnId) -> bool {
        let last = self.last.get_mut(conn);
        last.is_none_or(|last| std::mem::replace(last, self.now) != self.now)
    }
}
