//! Sessions for resumption. JavaScript keeps tokens, as it keeps Node's session Buffers, and each
//! holds what it stands for: how many there are, and whose go first, is for the caches of agents
//! and programs to say, as with Node's. What no token holds ends with its connection.
//!
//! A full handshake founds a group: its TLS 1.2 session, or all tickets that its server sends. A
//! TLS 1.3 ticket is used once (RFC 8446, appendix C.4), a TLS 1.2 session as often as it is good.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;

use crate::lock::lock;

/// Tickets of one group. Servers send two by default; more than these are a waste.
const TICKETS_MAX: usize = 4;

/// Servers of which a context remembers the key exchange group.
const HINTS_MAX: usize = 1024;

/// What a token names.
pub(super) type SessionId = u64;

struct Group {
    id: SessionId,
    /// Whom the server was to be.
    identity: String,
    /// Whether that was found good, or good enough by the program.
    accepted: AtomicBool,
    tls12: Mutex<Option<Tls12ClientSessionValue>>,
    tls13: Mutex<VecDeque<Tls13ClientSessionValue>>,
}

impl Group {
    fn new(identity: &str) -> Arc<Self> {
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            identity: identity.to_owned(),
            accepted: AtomicBool::new(false),
            tls12: Mutex::default(),
            tls13: Mutex::default(),
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        lock(&HELD).remove(&self.id);
    }
}

/// The groups of the process that tokens hold: a token tells an id.
static HELD: LazyLock<Mutex<HashMap<SessionId, Weak<Group>>>> = LazyLock::new(Mutex::default);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The group, if it is for this identity and its server was accepted. Tokens say so too; this is
/// what holds if one is mistaken.
fn find(id: SessionId, identity: &str) -> Option<Arc<Group>> {
    // A group that ends takes the lock: none must within this statement.
    let group = lock(&HELD).get(&id).and_then(Weak::upgrade)?;
    let fits = group.identity == identity && group.accepted.load(Ordering::Relaxed);
    fits.then_some(group)
}

/// What a token holds: as long as there is one, its sessions may be resumed.
pub struct Session(
    #[cfg_attr(not(test), expect(dead_code, reason = "dropped with it"))] Arc<Group>,
);

impl Session {
    fn new(group: Arc<Group>) -> Self {
        lock(&HELD).insert(group.id, Arc::downgrade(&group));
        Self(group)
    }

    #[cfg(test)]
    pub fn id(&self) -> SessionId {
        self.0.id
    }
}

/// The key exchange groups that servers chose, so that the first guess is right (one round trip
/// less).
#[derive(Default)]
pub(super) struct Hints {
    by_name: Mutex<HashMap<ServerName<'static>, NamedGroup>>,
}

/// What one connection resumes from, and what it gets. It is the store that rustls sees.
pub(super) struct ConnSessions {
    hints: Arc<Hints>,
    resumed: Option<Arc<Group>>,
    own: Arc<Group>,
    /// Sessions that JavaScript has not been told of.
    fresh: AtomicU64,
}

impl ConnSessions {
    /// `identity` is whom the server is to be.
    pub(super) fn new(hints: Arc<Hints>, identity: &str, resume: Option<SessionId>) -> Self {
        Self {
            hints,
            resumed: resume.and_then(|id| find(id, identity)),
            own: Group::new(identity),
            fresh: AtomicU64::new(0),
        }
    }

    /// What the sessions of this connection are known by. To be asked only of a full handshake.
    pub(super) fn id(&self) -> SessionId {
        self.own.id
    }

    /// Holds them for a token, which is made only when the server is accepted.
    pub(super) fn hold(&self) -> Session {
        Session::new(self.own.clone())
    }

    /// The server is accepted.
    pub(super) fn accept(&self) {
        self.own.accepted.store(true, Ordering::Relaxed);
    }

    /// The sessions that came since the last call: their id and how many.
    ///
    /// A resumed TLS 1.2 connection keeps its token, whatever the server renewed behind it.
    pub(super) fn take_fresh(&self, resumed: bool) -> Option<(SessionId, u32)> {
        let count = self.fresh.swap(0, Ordering::Relaxed);
        if count == 0 {
            return None;
        }
        if let (true, Some(group)) = (resumed, &self.resumed)
            && let Some(session) = lock(&self.own.tls12).take()
        {
            *lock(&group.tls12) = Some(session);
            return None;
        }
        Some((self.id(), u32::try_from(count).unwrap_or(u32::MAX)))
    }
}

impl ClientSessionStore for ConnSessions {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        let mut hints = lock(&self.hints.by_name);
        if hints.len() < HINTS_MAX || hints.contains_key(&server_name) {
            hints.insert(server_name, group);
        }
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        lock(&self.hints.by_name)
            .get(&server_name.to_owned())
            .copied()
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        *lock(&self.own.tls12) = Some(value);
        self.fresh.store(1, Ordering::Relaxed);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        lock(&self.resumed.as_ref()?.tls12).clone()
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        if let Some(group) = &self.resumed {
            lock(&group.tls12).take();
        }
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut tickets = lock(&self.own.tls13);
        if tickets.len() == TICKETS_MAX {
            tickets.pop_front();
        }
        tickets.push_back(value);
        self.fresh.fetch_add(1, Ordering::Relaxed);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        lock(&self.resumed.as_ref()?.tls13).pop_back()
    }
}

impl fmt::Debug for ConnSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnSessions { .. }")
    }
}

#[cfg(test)]
mod tests;
