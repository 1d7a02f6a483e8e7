//! A `Conn` and a server, over TCP on this machine.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::ErrorKind::WouldBlock;
use std::mem::MaybeUninit;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local, yield_now};

use super::pair::Far;
use crate::net::conn::{Conn, Outgoing, Place};
use crate::net::host::Host;
use crate::net::secure::Secure;
use crate::net::stream::Stream;
use crate::net::{Chunk, Event, Gate, Inbound, Outbox};
use crate::tls::Handshake;

/// Turns of the runtime that anything may take; a test that needs them all fails.
const TURNS_MAX: usize = 1_000_000;

/// Memory of which nobody reads what is in it.
#[derive(Default)]
pub(in crate::net) struct Unread {
    room: Vec<MaybeUninit<u8>>,
    offset: u32,
}

impl Inbound for Unread {
    fn room(&mut self, least: usize) -> &mut [MaybeUninit<u8>] {
        self.room.resize(least, MaybeUninit::uninit());
        &mut self.room
    }

    fn commit(&mut self, len: usize) -> Chunk {
        let len = u32::try_from(len).unwrap();
        let offset = self.offset;
        self.offset += len;
        Chunk {
            slab: 0,
            offset,
            len,
            commits: 1,
        }
    }
}

pub(super) fn on_a_reactor(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, test);
}

pub(super) struct Loopback {
    place: Place,
    host: Rc<Host>,
    pub gate: Arc<Gate>,
    pub far: Far,
    /// The server's end; None once it has closed it.
    tcp: Option<TcpStream>,
    /// Whether the server keeps for itself what it has to say.
    pub is_silent: bool,
    /// Whether the client has closed its direction.
    pub is_ended: bool,
    outbox: Arc<Outbox>,
    /// All that came.
    pub events: Vec<Event>,
}

impl Loopback {
    pub async fn new(handshake: Handshake, config: ServerConfig) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let peer = listener.local_addr().unwrap();
        let tcp = TcpStream::connect(peer).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let outbox = Arc::new(Outbox::new(Box::new(|| {})));
        let inbound: Box<dyn Inbound> = Box::<Unread>::default();
        let host = Rc::new(Host::across(outbox.clone(), inbound));
        let gate = Arc::new(Gate::default());
        let mut secure = Secure::new(handshake).unwrap();
        secure.proceed();
        let stream = Stream::Tcp { tcp, peer };
        let conn = Conn::new(7, gate.clone(), stream, Some(secure));
        let place = Rc::new(RefCell::new(Some(Box::new(conn))));
        spawn_local(Conn::run(place.clone(), host.clone()));
        Self {
            place,
            host,
            gate,
            far: Far::new(Arc::new(config)),
            tcp: Some(far),
            is_silent: false,
            is_ended: false,
            outbox,
            events: vec![],
        }
    }

    /// Lets all go on until `done`.
    pub async fn until(&mut self, done: impl Fn(&Self) -> bool) {
        for _ in 0..TURNS_MAX {
            self.serve();
            let mut events = VecDeque::new();
            while self.outbox.take(64, &mut events) > 0 {
                self.events.extend(events.drain(..));
            }
            self.events.extend(events);
            if done(self) {
                return;
            }
            yield_now().await;
        }
        panic!("it never comes: {:?}", self.events);
    }

    pub async fn until_event(&mut self, is: impl Fn(&Event) -> bool) {
        self.until(|this| this.has(&is)).await;
    }

    /// Both ends have ended the handshake.
    pub async fn until_secured(&mut self) {
        self.until(|this| !this.far.conn.is_handshaking() && this.has(is_secured))
            .await;
    }

    pub fn has(&self, is: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(is)
    }

    /// How much data came in this epoch.
    pub fn data_len(&self, epoch: u32) -> u32 {
        let of_epoch = self.events.iter().map(|event| match event {
            Event::Data {
                epoch: of, chunk, ..
            } if *of == epoch => chunk.len,
            _ => 0,
        });
        of_epoch.sum()
    }

    fn serve(&mut self) {
        let Some(tcp) = &self.tcp else {
            return;
        };
        let mut room = vec![0; 1 << 16];
        loop {
            match tcp.try_read(&mut room) {
                Ok(0) => {
                    self.is_ended = true;
                    break;
                }
                Ok(len) => self.far.hear(&room[..len]).unwrap(),
                Err(err) if err.kind() == WouldBlock => break,
                Err(err) => panic!("{err}"),
            }
        }
        if !self.is_silent {
            let said = self.far.ciphertext();
            self.send_raw(&said);
        }
    }

    fn send_raw(&self, ciphertext: &[u8]) {
        if let Some(tcp) = &self.tcp
            && !ciphertext.is_empty()
        {
            assert_eq!(tcp.try_write(ciphertext).unwrap(), ciphertext.len());
        }
    }

    /// Sends this, and goes on once the connection has read it.
    pub async fn deliver(&mut self, ciphertext: &[u8]) {
        assert_eq!(self.waiting(), Some(0));
        self.send_raw(ciphertext);
        // As long as nothing is awaited the connection reads nothing.
        while self.waiting() != Some(ciphertext.len()) {
            std::thread::yield_now();
        }
        self.until(|this| matches!(this.waiting(), None | Some(0)))
            .await;
    }

    /// Bytes that the connection has not read, None where it is gone.
    fn waiting(&self) -> Option<usize> {
        let place = self.place.borrow();
        let tcp = place.as_ref()?.stream()?.tcp()?;
        match tcp.peek(&mut [MaybeUninit::uninit(); 1 << 12]) {
            Ok(len) => Some(len),
            Err(err) if err.kind() == WouldBlock => Some(0),
            Err(err) => panic!("{err}"),
        }
    }

    /// The server's end of the connection goes away.
    pub fn close_far(&mut self) {
        self.tcp = None;
    }

    pub fn write(&self, plaintext: &[u8]) {
        self.with(|conn, host| conn.write(host, Outgoing::copied(plaintext, false)));
    }

    pub fn with(&self, act: impl FnOnce(&mut Conn, &Host)) {
        if let Some(conn) = &mut *self.place.borrow_mut() {
            act(conn, &self.host);
        }
    }
}

pub(super) fn is_secured(event: &Event) -> bool {
    matches!(event, Event::Secured { .. })
}

pub(super) fn is_killed(event: &Event) -> bool {
    matches!(event, Event::Killed { .. })
}
