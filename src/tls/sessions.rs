//! Sessions for resumption. JavaScript keeps tokens, as it keeps Node's session Buffers; what a
//! token stands for is here.
//!
//! A full handshake founds a group: its TLS 1.2 session, or all tickets that its server sends. A
//! TLS 1.3 ticket is used once (RFC 8446, appendix C.4), a TLS 1.2 session as often as it is good.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;

use crate::lock::lock;

/// Groups that the process remembers, of some KiB each. An agent keeps 100 tokens by default; a
/// forgotten token costs one full handshake.
const GROUPS_MAX: usize = 1024;

/// Tickets of one group. Servers send two by default; more than these are a waste.
const TICKETS_MAX: usize = 4;

/// Servers of which a context remembers the key exchange group.
const HINTS_MAX: usize = 1024;

/// What a token names.
pub(super) type SessionId = u64;

struct Group {
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
            identity: identity.to_owned(),
            accepted: AtomicBool::new(false),
            tls12: Mutex::default(),
            tls13: Mutex::default(),
        })
    }
}

/// Groups by their ids, the oldest first.
#[derive(Default)]
struct Groups {
    by_id: HashMap<SessionId, Arc<Group>>,
    order: VecDeque<SessionId>,
}

impl Groups {
    fn remember(&mut self, id: SessionId, group: Arc<Group>) {
        self.by_id.insert(id, group);
        self.order.push_back(id);
        if self.order.len() > GROUPS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }

    /// The group, if it is for this identity and its server was accepted. Tokens say so too; this
    /// is what holds if one is mistaken.
    fn find(&self, id: SessionId, identity: &str) -> Option<Arc<Group>> {
        let group = self.by_id.get(&id)?;
        let fits = group.identity == identity && group.accepted.load(Ordering::Relaxed);
        fits.then(|| group.clone())
    }
}

/// All groups of the process.
static GROUPS: Mutex<Option<Groups>> = Mutex::new(None);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

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
    /// Of `own`, once it is in `GROUPS`. A token for it is made only when the server is accepted.
    own_id: Mutex<Option<SessionId>>,
    /// Sessions that JavaScript has not been told of.
    fresh: AtomicU64,
}

impl ConnSessions {
    /// `identity` is whom the server is to be.
    pub(super) fn new(hints: Arc<Hints>, identity: &str, resume: Option<SessionId>) -> Self {
        let find = |id| lock(&GROUPS).as_ref()?.find(id, identity);
        Self {
            hints,
            resumed: resume.and_then(find),
            own: Group::new(identity),
            own_id: Mutex::new(None),
            fresh: AtomicU64::new(0),
        }
    }

    /// What the sessions of this connection will be known by. To be asked only of a full handshake.
    pub(super) fn found(&self) -> SessionId {
        *lock(&self.own_id).get_or_insert_with(|| {
            let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
            let mut groups = lock(&GROUPS);
            let groups = groups.get_or_insert_default();
            groups.remember(id, self.own.clone());
            id
        })
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
        Some((self.found(), u32::try_from(count).unwrap_or(u32::MAX)))
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
