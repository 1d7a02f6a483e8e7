//! One JavaScript environment (the main thread or a worker): its rings, its connections, its end.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{Int32Array, Object, Uint8Array};
use napi::{Env, Error, Result, Unknown};
use slab::Slab;

use crate::net::{Batch, Command, ConnId, Event, Outbound, Outbox, Port, reactors};
use crate::tls::Handshake;

use super::bell::{Bell, BellHandle};
use super::connect_request::ConnectRequest;
use super::copies::Copies;
use super::detail::Detail;
use super::inbound::{Reader, SlabTable, Writer};
use super::lent::Lending;
use super::loaded::keep_loaded;
use super::records;
use super::ring::{self, Decoder, Gates};
use super::secure::FactsTable;

/// Set in `take`'s answer when more events are waiting.
const MORE: u32 = 1 << 30;

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
    ports: Rc<Vec<Port>>,
    commands: Vec<Vec<Command>>,
    gates: Rc<RefCell<Gates>>,
    facts: FactsTable,
    reader: Reader,
    lending: Lending,
    copies: Copies,
    large: Vec<Box<dyn Outbound>>,
    details: Slab<Detail>,
    bell: BellHandle,
}

impl Environment {
    /// `on_wake` is called when events wait. The arrays are shared with JavaScript for ever.
    pub(super) fn new(
        env: &Env,
        ring: Int32Array,
        slab: Uint8Array,
        batch: Int32Array,
        on_wake: &Unknown,
        io_threads: u32,
    ) -> Result<Self> {
        keep_loaded();
        let bell = Bell::new(env, on_wake)?;
        let handle = bell.handle();
        let outbox = Arc::new(Outbox::new(Box::new(move || bell.ring())));
        let table = Arc::new(SlabTable::default());
        let reactors = reactors(io_threads);
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
        let ports = Rc::new(ports);
        let commands = ports.iter().map(|_| Vec::new()).collect();

        // Registered after the bell's own hook, so it runs before it: the bell is silent, and no
        // reactor holds memory of this environment, before either goes away.
        let (closing_outbox, closing_ports) = (outbox.clone(), ports.clone());
        env.add_env_cleanup_hook((), move |()| {
            closing_outbox.close();
            for port in closing_ports.iter() {
                port.detach();
            }
        })?;

        Ok(Self {
            ring,
            slab,
            batch,
            outbox,
            taken: VecDeque::new(),
            deferred: VecDeque::new(),
            turns: Turns::default(),
            shown: Vec::new(),
            ports,
            commands,
            gates: Rc::default(),
            facts: FactsTable::default(),
            reader: Reader::new(table),
            lending: Lending::default(),
            copies: Copies::default(),
            large: Vec::new(),
            details: Slab::new(),
            bell: handle,
        })
    }

    /// A connection will begin under an id that is free: the pool may ask of it from here on.
    pub(super) fn open(&mut self, conn: u32) {
        self.gates.borrow_mut().open(conn);
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
        let ports = self.ports.len();
        self.commands[conn as usize % ports].push(Command::Connect { conn, connect });
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

    /// Sends the ring's first `words` words and the slab's first `bytes` bytes to the reactors.
    pub(super) fn flush(&mut self, words: u32, bytes: u32) {
        let bytes = Arc::new(self.slab.get(..bytes as usize).unwrap_or_default().to_vec());
        let mut large = self.large.drain(..);
        let gates = self.gates.borrow();
        let mut decoder = Decoder {
            gates: &gates,
            ahead: self.outbox.ahead(),
            bytes: bytes.len(),
            large: &mut large,
        };
        let records = self.ring.get(..words as usize).unwrap_or_default();
        let ports = self.ports.len();
        for record in records.chunks_exact(ring::RECORD_WORDS) {
            if let Some(command) = decoder.decode(record) {
                self.commands[record[1] as usize % ports].push(command);
            }
        }
        for (port, commands) in self.ports.iter().zip(&mut self.commands) {
            if !commands.is_empty() {
                let commands = std::mem::take(commands);
                port.send(Batch {
                    commands,
                    bytes: bytes.clone(),
                });
            }
        }
    }

    /// Waits, for a process that is about to exit, until the kernel has what was flushed and called
    /// written; no longer than this. Whether it has.
    pub(super) fn settle(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let settle = |port: &Port| port.settle(end.saturating_duration_since(Instant::now()));
        // Each of them is to obey.
        self.ports.iter().fold(true, |all, port| settle(port) & all)
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
        self.reader.sweep(&mut slabs)?;
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
        let (reader, details) = (&mut self.reader, &mut self.details);
        let mut more = true;
        // Those that waited come first, and few new ones to them: a connection that says more than
        // one thing a turn is read no faster than it is served.
        if self.taken.len() < records.len() {
            more = self.outbox.take(records.len(), &mut self.taken);
        }
        self.turns.next();
        let mut count = 0;
        for event in self.taken.drain(..) {
            let conn = event.conn();
            if count == records.len() || !self.turns.take(conn) {
                self.deferred.push_back(event);
                continue;
            }
            match &event {
                Event::Data { chunk, .. } => {
                    reader.take(env, &mut slabs, *chunk)?;
                    self.shown.push((conn, chunk.len));
                    // Its reader may wait for it, and wake nobody before.
                    more |= gates.get(conn).is_some_and(|gate| gate.may_hold_up());
                }
                Event::Secured { facts, .. } => self.facts.insert(conn, facts.clone()),
                Event::Closed { .. } => {
                    self.facts.remove(conn);
                    if let Some(gate) = gates.get(conn) {
                        gate.end(ahead);
                    }
                }
                _ => {}
            }
            records[count] = records::encode(event, details);
            count += 1;
        }
        std::mem::swap(&mut self.taken, &mut self.deferred);
        more |= !self.taken.is_empty();
        Ok(count as u32 | if more { MORE } else { 0 })
    }

    /// The program may hold a part of this slab: it is not filled again.
    pub(super) fn keep(&mut self, slab: u32) {
        self.reader.keep(slab);
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
}

/// Which connections have had their event of this turn.
#[derive(Default)]
struct Turns {
    now: u32,
    /// By connection.
    last: Vec<u32>,
}

impl Turns {
    fn next(&mut self) {
        self.now = self.now.wrapping_add(1);
    }

    /// False where the connection has had its event.
    fn take(&mut self, conn: ConnId) -> bool {
        let index = conn as usize;
        if self.last.len() <= index {
            self.last.resize(index + 1, self.now.wrapping_sub(1));
        }
        std::mem::replace(&mut self.last[index], self.now) != self.now
    }
}
