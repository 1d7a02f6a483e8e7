//! What JavaScript has of its environment: an object, and functions for what every request calls.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use napi::bindgen_prelude::{Buffer, Object, Uint8Array};
use napi::{Env, Result, Unknown};
use napi_derive::napi;

use crate::net::{Carrier, Carriers};
use crate::pool::Pool;
use crate::tls::Facts;

use super::connect_request::ConnectRequest;
use super::detail::Detail;
use super::environment::{BridgeRequest, Environment};
use super::functions::Functions;
use super::policy::Policy;
use super::pools::{PoolHandle, Pools};
use super::secure::{SecureRequest, TlsContext, TlsSession};
use super::told;

/// The bridge of one environment.
#[napi]
pub struct Bridge {
    environment: Rc<RefCell<Environment>>,
    carriers: Rc<RefCell<Carriers>>,
    pools: Rc<RefCell<Pools>>,
}

#[napi]
impl Bridge {
    /// `on_wake` is called when events wait. The arrays of the request are shared with this object
    /// as long as it lives.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, on_wake: Unknown, request: BridgeRequest) -> Result<Self> {
        let environment = Environment::new(&env, &on_wake, request)?;
        Ok(Self {
            carriers: environment.carriers(),
            environment: Rc::new(RefCell::new(environment)),
            pools: Rc::default(),
        })
    }

    /// `{ copy(array), flush(words, bytes), setAlive(alive), take(slabs) }`, see `Environment`, and
    /// `{ checkin(pool, slot, carrier, used), checkout(pool, origin),
    /// park(pool, slot, carrier, used, lifetime) }`, see `Policy`. To be asked for once.
    #[napi(catch_unwind)]
    pub fn functions<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let mut functions = Functions::new(env)?;
        functions.add("copy", &self.environment, |environment, call| {
            environment.copy(call.first_arg()?);
            Ok(())
        })?;
        functions.add("flush", &self.environment, |environment, call| {
            let (words, bytes) = call.args()?;
            Ok(environment.flush(words, bytes))
        })?;
        functions.add("setAlive", &self.environment, |environment, call| {
            environment.set_alive(call.env, call.first_arg()?);
            Ok(())
        })?;
        functions.add("take", &self.environment, |environment, call| {
            environment.take(call.env, call.first_arg()?)
        })?;
        functions.add("checkin", &self.pools, |pools, call| {
            let (pool, slot, carrier, used) = call.args()?;
            Ok(pools.get(pool)?.checkin(slot, carrier, used))
        })?;
        functions.add("checkout", &self.pools, |pools, call| {
            let (pool, origin) = call.args()?;
            Ok(pools.get(pool)?.checkout(origin))
        })?;
        functions.add("park", &self.pools, |pools, call| {
            let (pool, slot, carrier, used, lifetime) = call.args()?;
            Ok(pools.get(pool)?.park(slot, carrier, used, lifetime))
        })?;
        Ok(functions.into_object())
    }

    /// An id for a connection that will begin: the pool may ask of it from here on. It is given out
    /// again after the turn of `Event::Closed`, or `forget`.
    #[napi(catch_unwind)]
    pub fn open(&self) -> Result<u32> {
        self.environment.borrow_mut().open()
    }

    /// Takes back an id under which nothing was begun, or of which nothing is left.
    #[napi(catch_unwind)]
    pub fn forget(&self, conn: u32) {
        self.environment.borrow_mut().forget(conn);
    }

    /// Starts a connection that is open. It goes out with the next `flush`.
    #[napi(catch_unwind)]
    pub fn connect(&self, conn: u32, request: ConnectRequest) -> Result<()> {
        self.environment.borrow_mut().connect(conn, request, None)
    }

    /// The same, with TLS over it.
    #[napi(catch_unwind)]
    pub fn connect_secure(
        &self,
        conn: u32,
        request: ConnectRequest,
        context: &TlsContext,
        secure: SecureRequest,
    ) -> Result<()> {
        let tls = Some(secure.handshake(context));
        self.environment.borrow_mut().connect(conn, request, tls)
    }

    /// Lends an array to the `WRITE_LARGE` record that the caller writes next.
    #[napi(catch_unwind)]
    pub fn lend(&self, array: Uint8Array) {
        self.environment.borrow_mut().lend(array);
    }

    /// Waits, for a process that is about to exit, until the kernel has what was flushed and called
    /// written; no longer than so many milliseconds. Whether it has.
    #[napi(catch_unwind)]
    pub fn settle(&self, limit: f64) -> bool {
        let limit = Duration::try_from_secs_f64(limit / 1000.0).unwrap_or_default();
        self.environment.borrow_mut().settle(limit)
    }

    /// Has the connection carried by the event loop, or by its thread. For tests.
    #[napi(catch_unwind)]
    pub fn carry(&self, conn: u32, by_event_loop: bool) {
        let by = if by_event_loop {
            Carrier::EventLoop
        } else {
            Carrier::Thread
        };
        self.carriers.borrow_mut().carry(conn, by);
    }

    /// Who carries the connection: 'thread' or 'loop'; None while it is on its way. For tests.
    #[napi(catch_unwind)]
    pub fn carrier(&self, conn: u32) -> Option<&'static str> {
        Some(match self.carriers.borrow().carrier(conn)? {
            Carrier::Thread => "thread",
            Carrier::EventLoop => "loop",
        })
    }

    /// Has the writer send what is written on the event loop's connections, or not, whatever the
    /// load is; undefined: as the load is. For tests.
    #[napi(catch_unwind)]
    pub fn write_aside(&self, is_aside: Option<bool>) {
        self.carriers.borrow_mut().write_aside(is_aside);
    }

    /// The program may hold a part of this slab: it is not filled again.
    #[napi(catch_unwind)]
    pub fn keep(&self, slab: u32) {
        self.environment.borrow_mut().keep(slab);
    }

    /// Whether the Buffer of a chunk is its own, and of its size: no slab of which it is a part.
    #[napi(catch_unwind)]
    pub fn owns_chunks(&self) -> bool {
        self.environment.borrow().owns_chunks()
    }

    /// Whether nobody in this process has asked for this yet.
    #[napi(catch_unwind)]
    pub fn is_news(&self, what: String) -> bool {
        told::is_news(what)
    }

    /// What the record's event says beyond its words. Once for each such record.
    #[napi(catch_unwind)]
    pub fn detail(&self, key: u32) -> Option<Detail> {
        self.environment.borrow_mut().detail(key)
    }

    /// Bytes of this connection that the kernel has taken.
    #[napi(catch_unwind)]
    pub fn written(&self, conn: u32) -> f64 {
        self.environment.borrow().written(conn) as f64
    }

    /// The chain that the server sent, DER; empty where its session was resumed.
    #[napi(catch_unwind)]
    pub fn certificates(&self, conn: u32) -> Vec<Buffer> {
        self.environment.borrow().facts().certificates(conn)
    }

    /// A number of that chain, the same for the same chain and context, or for no other chain.
    #[napi(catch_unwind)]
    pub fn chain_id(&self, conn: u32) -> Option<f64> {
        self.environment.borrow().facts().chain_id(conn)
    }

    /// The path from the server's certificate to a root, DER, where OpenSSL has yet to look at it;
    /// `vet` says that it has.
    #[napi(catch_unwind)]
    pub fn unvetted_path(&self, conn: u32) -> Option<Vec<Buffer>> {
        self.environment.borrow().facts().unvetted_path(conn)
    }

    #[napi(catch_unwind)]
    pub fn vet(&self, conn: u32) {
        self.environment.borrow().facts().vet(conn);
    }

    /// The server's own certificate, DER, also where its session was resumed.
    #[napi(catch_unwind)]
    pub fn server_certificate(&self, conn: u32) -> Option<Buffer> {
        let environment = self.environment.borrow();
        let der = environment.facts().get(conn)?.server_certificate()?;
        Some(der.to_vec().into())
    }

    /// Holds the connection's own sessions, for a token.
    #[napi(catch_unwind)]
    pub fn session(&self, conn: u32) -> Option<TlsSession> {
        self.environment.borrow().facts().session(conn)
    }

    /// The protocol that the server chose.
    #[napi(catch_unwind)]
    pub fn alpn(&self, conn: u32) -> Option<String> {
        self.environment.borrow().facts().alpn(conn)
    }

    /// The lines of the handshake's key log.
    #[napi(catch_unwind)]
    pub fn key_log(&self, conn: u32) -> Vec<String> {
        let environment = self.environment.borrow();
        let facts = environment.facts().get(conn);
        facts.map(Facts::key_log).unwrap_or_default()
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
        let environment = self.environment.borrow();
        let facts = environment.facts().get(conn)?;
        let material = facts.export(label.as_bytes(), context.as_deref(), length as usize)?;
        Some(material.into())
    }

    /// A place for an agent's pool.
    pub(super) fn open_pool(&self, pool: Pool) -> PoolHandle {
        let environment = self.environment.borrow();
        let policy = Policy::new(pool, environment.gates(), self.carriers.clone());
        PoolHandle::open(&self.pools, policy)
    }
}
