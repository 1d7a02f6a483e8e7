//! One JavaScript environment (the main thread or a worker): its rings, its connections, its end.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Buffer, Int32Array, Object, Uint8Array};
use napi::{Env, Error, Result, Status, Unknown};
use napi_derive::napi;
use slab::Slab;

use crate::net::{
    Batch, Command, Connect, Event, KeepAlive, Order, Outbound, Outbox, Port, Query, SocketOptions,
    Target, reactors,
};
use crate::tls::{Facts, Handshake};

use super::bell::{Bell, BellHandle};
use super::copies::Copies;
use super::detail::Detail;
use super::inbound::{Reader, SlabTable, Writer};
use super::lent::Lending;
use super::loaded::keep_loaded;
use super::records;
use super::ring::{self, Decoder, Gates};
use super::secure::{FactsTable, SecureRequest, TlsContext};

/// Set in `take`'s answer when more events are waiting.
const MORE: u32 = 1 << 30;

/// What `connect` is asked for: checked `net.connect()` options.
#[napi(object)]
pub struct ConnectRequest {
    /// A name or an address; or `addresses`, or `path`.
    pub host: Option<String>,
    /// What the program's own `lookup` answered.
    pub addresses: Option<Vec<String>>,
    pub path: Option<String>,
    pub port: u32,
    /// 4, 6, or 0 for both.
    pub family: u32,
    pub hints: i32,
    /// 'verbatim', 'ipv4first' or 'ipv6first'.
    pub order: String,
    pub local_address: Option<String>,
    pub local_port: u32,
    /// Milliseconds between attempts; without it only the first address is tried.
    pub attempt_delay: Option<u32>,
    pub no_delay: bool,
    pub keep_alive: bool,
    /// Seconds; 0 leaves the system's default.
    pub keep_alive_secs: u32,
}

/// The bridge of one environment.
#[napi]
pub struct Bridge {
    ring: Int32Array,
    slab: Uint8Array,
    batch: Int32Array,
    outbox: Arc<Outbox>,
    /// Events on their way to the batch.
    taken: VecDeque<Event>,
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

#[napi]
impl Bridge {
    /// `on_wake` is called when events wait. The arrays are shared with this object for ever.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: Env,
        ring: Int32Array,
        slab: Uint8Array,
        batch: Int32Array,
        on_wake: Unknown,
    ) -> Result<Self> {
        keep_loaded();
        let bell = Bell::new(&env, &on_wake)?;
        let handle = bell.handle();
        let outbox = Arc::new(Outbox::new(Box::new(move || bell.ring())));
        let table = Arc::new(SlabTable::default());
        let reactors = reactors().map_err(|err| Error::from_reason(err.to_string()))?;
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

    /// Starts a connection under an id that is free. It goes out with the next `flush`.
    #[napi(catch_unwind)]
    pub fn connect(&mut self, conn: u32, request: ConnectRequest) -> Result<()> {
        self.begin(conn, request, None)
    }

    /// The same, with TLS over it.
    #[napi(catch_unwind)]
    pub fn connect_secure(
        &mut self,
        conn: u32,
        request: ConnectRequest,
        context: &TlsContext,
        secure: SecureRequest,
    ) -> Result<()> {
        self.begin(conn, request, Some(secure.handshake(context)))
    }

    fn begin(&mut self, conn: u32, request: ConnectRequest, tls: Option<Handshake>) -> Result<()> {
        let target = target(&request)?;
        let gate = self.gates.borrow_mut().open(conn);
        let connect = Box::new(Connect {
            gate,
            target,
            local_address: request.local_address.as_deref().map(parse_ip).transpose()?,
            local_port: port(request.local_port)?,
            attempt_delay: request
                .attempt_delay
                .map(|ms| Duration::from_millis(ms.into())),
            options: SocketOptions {
                no_delay: request.no_delay,
                keep_alive: KeepAlive {
                    on: request.keep_alive,
                    idle_secs: request.keep_alive_secs,
                    ..KeepAlive::default()
                },
            },
            tls,
        });
        self.commands_of(conn)
            .push(Command::Connect { conn, connect });
        Ok(())
    }

    /// Lends an array to the `WRITE_LARGE` record that the caller writes next.
    #[napi(catch_unwind)]
    pub fn lend(&mut self, array: Uint8Array) {
        let lent = self.lending.lend(array);
        self.large.push(Box::new(lent));
    }

    /// Gives a copy of the array to the `WRITE_LARGE` record that the caller writes next.
    #[napi(catch_unwind)]
    pub fn copy(&mut self, array: &[u8]) {
        self.large.push(Box::new(self.copies.copy(array)));
    }

    /// Sends the ring's first `words` words and the slab's first `bytes` bytes to the reactors.
    #[napi(catch_unwind)]
    pub fn flush(&mut self, words: u32, bytes: u32) {
        let bytes = Arc::new(self.slab.get(..bytes as usize).unwrap_or_default().to_vec());
        let mut large = self.large.drain(..);
        let mut decoder = Decoder {
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

    /// Returns when what was flushed has been obeyed, for a process that is about to exit.
    #[napi(catch_unwind)]
    pub fn settle(&self) {
        self.ports.iter().for_each(Port::settle);
    }

    /// Whether connections keep the process alive.
    #[napi(catch_unwind)]
    pub fn set_alive(&self, env: Env, alive: bool) {
        self.bell.set_alive(&env, alive);
    }

    /// Moves events into the batch and shows new slabs in `slabs`. Answers the number of records,
    /// with bit 30 set when more wait. Every record of the last batch must have been dealt with.
    #[napi(catch_unwind)]
    pub fn take(&mut self, env: Env, mut slabs: Object) -> Result<u32> {
        self.lending.collect();
        self.reader.sweep(&mut slabs)?;
        // SAFETY: JavaScript gave the array for this purpose and runs on this very thread.
        let batch = unsafe { self.batch.as_mut() };
        let (records, _) = batch.as_chunks_mut::<{ records::RECORD_WORDS }>();
        let (reader, details) = (&mut self.reader, &mut self.details);
        let gates = self.gates.borrow();
        let more = self.outbox.take(records.len(), &mut self.taken);
        let mut count = 0;
        for event in self.taken.drain(..) {
            if let Event::Data { conn, chunk, .. } = &event {
                if let Some(gate) = gates.get(*conn) {
                    gate.take(chunk.len as usize);
                }
                reader.take(&env, &mut slabs, *chunk)?;
            }
            match &event {
                Event::Secured { conn, facts } => self.facts.insert(*conn, facts.clone()),
                Event::Closed { conn } => self.facts.remove(*conn),
                _ => {}
            }
            records[count] = records::encode(event, details);
            count += 1;
        }
        Ok(count as u32 | if more { MORE } else { 0 })
    }

    /// The program may hold a part of this slab: it is not filled again.
    #[napi(catch_unwind)]
    pub fn keep(&mut self, slab: u32) {
        self.reader.keep(slab);
    }

    /// What the record's event says beyond its words. Once for each such record.
    #[napi(catch_unwind)]
    pub fn detail(&mut self, key: u32) -> Option<Detail> {
        self.details.try_remove(key as usize)
    }

    /// Bytes of this connection that the kernel has taken.
    #[napi(catch_unwind)]
    pub fn written(&self, conn: u32) -> f64 {
        self.gates
            .borrow()
            .get(conn)
            .map_or(0.0, |gate| gate.written() as f64)
    }

    /// The chain that the server sent, DER; empty where its session was resumed.
    #[napi(catch_unwind)]
    pub fn certificates(&self, conn: u32) -> Vec<Buffer> {
        self.facts.certificates(conn)
    }

    /// The server's own certificate, DER, also where its session was resumed.
    #[napi(catch_unwind)]
    pub fn server_certificate(&self, conn: u32) -> Option<Buffer> {
        let der = self.facts.get(conn)?.server_certificate()?;
        Some(der.to_vec().into())
    }

    /// The protocol that the server chose.
    #[napi(catch_unwind)]
    pub fn alpn(&self, conn: u32) -> Option<String> {
        self.facts.alpn(conn)
    }

    /// The lines of the handshake's key log.
    #[napi(catch_unwind)]
    pub fn key_log(&self, conn: u32) -> Vec<String> {
        self.facts.get(conn).map(Facts::key_log).unwrap_or_default()
    }

    /// RFC 5705 keying material; None where it can't be made.
    #[napi(catch_unwind)]
    pub fn export_keying_material(
        &self,
        conn: u32,
        length: u32,
        label: String,
        context: Option<Uint8Array>,
    ) -> Option<Buffer> {
        let facts = self.facts.get(conn)?;
        let material = facts.export(label.as_bytes(), context.as_deref(), length as usize)?;
        Some(material.into())
    }

    pub(super) fn gates(&self) -> Rc<RefCell<Gates>> {
        self.gates.clone()
    }

    fn commands_of(&mut self, conn: u32) -> &mut Vec<Command> {
        let ports = self.ports.len();
        &mut self.commands[conn as usize % ports]
    }
}

fn target(request: &ConnectRequest) -> Result<Target> {
    if let Some(path) = &request.path {
        return Ok(Target::Path(path.clone()));
    }
    let port = port(request.port)?;
    if let Some(addresses) = &request.addresses {
        let addresses = addresses.clone();
        return Ok(Target::Addresses { addresses, port });
    }
    let host = request.host.clone().unwrap_or_default();
    let order = match request.order.as_str() {
        "ipv4first" => Order::Ipv4First,
        "ipv6first" => Order::Ipv6First,
        _ => Order::Verbatim,
    };
    let family = u8::try_from(request.family).unwrap_or(0);
    Ok(Target::Name {
        query: Query {
            host,
            family,
            hints: request.hints,
            order,
        },
        port,
    })
}

fn parse_ip(text: &str) -> Result<IpAddr> {
    text.parse()
        .map_err(|_| Error::new(Status::InvalidArg, format!("not an IP address: {text}")))
}

fn port(value: u32) -> Result<u16> {
    value
        .try_into()
        .map_err(|_| Error::new(Status::InvalidArg, format!("not a port: {value}")))
}
