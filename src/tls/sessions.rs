//! Sessions for resumption. JavaScript keeps tokens, as it keeps Node's session Buffers; what a
//! token stands for is here.
//!
//! A full handshake founds a group: its TLS 1.2 session, or all tickets that its server sends. A
//! TLS 1.3 ticket is used once (RFC 8446, appendix C.4), a TLS 1.2 session as often as it is good.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;

/// Groups that the process remembers. An agent keeps 100 tokens by default; a forgotten token
/// costs one full handshake.
const GROUPS_MAX: usize = 4096;

/// Tickets of one group. Servers send two by default; more than these are a waste.
const TICKETS_MAX: usize = 8;

/// Servers of which a context remembers the key exchange group.
const HINTS_MAX: usize = 1024;

/// What a token names.
pub(super) type SessionId = u64;

#[derive(Default)]
struct Group {
    tls12: Mutex<Option<Tls12ClientSessionValue>>,
    tls13: Mutex<VecDeque<Tls13ClientSessionValue>>,
}

/// All groups of the process, the oldest first.
#[derive(Default)]
struct Groups {
    by_id: HashMap<SessionId, Arc<Group>>,
    order: VecDeque<SessionId>,
}

static GROUPS: Mutex<Option<Groups>> = Mutex::new(None);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn find(id: SessionId) -> Option<Arc<Group>> {
    lock(&GROUPS).as_ref()?.by_id.get(&id).cloned()
}

fn remember(id: SessionId, group: Arc<Group>) {
    let mut groups = lock(&GROUPS);
    let groups = groups.get_or_insert_default();
    groups.by_id.insert(id, group);
    groups.order.push_back(id);
    if groups.order.len() > GROUPS_MAX
        && let Some(oldest) = groups.order.pop_front()
    {
        groups.by_id.remove(&oldest);
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
    /// Of `own`, once it is in `GROUPS`. A token for it is made only when the server is accepted.
    own_id: Mutex<Option<SessionId>>,
    /// Sessions that JavaScript has not been told of.
    fresh: AtomicU64,
}

impl ConnSessions {
    pub(super) fn new(hints: Arc<Hints>, resume: Option<SessionId>) -> Self {
        Self {
            hints,
            resumed: resume.and_then(find),
            own: Arc::default(),
            own_id: Mutex::new(None),
            fresh: AtomicU64::new(0),
        }
    }

    /// What the sessions of this connection will be known by. To be asked only of a full handshake.
    pub(super) fn found(&self) -> SessionId {
        *lock(&self.own_id).get_or_insert_with(|| {
            let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
            remember(id, self.own.clone());
            id
        })
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_group_is_forgotten() {
        let first = NEXT_ID.fetch_add(GROUPS_MAX as u64 + 2, Ordering::Relaxed);
        for id in first..=first + GROUPS_MAX as u64 {
            remember(id, Arc::default());
        }
        assert!(find(first).is_none());
        assert!(find(first + GROUPS_MAX as u64).is_some());
    }

    #[test]
    fn nothing_is_fresh_before_a_session_comes() {
        let sessions = ConnSessions::new(Arc::default(), None);
        assert!(sessions.take_fresh(false).is_none());
        assert!(sessions.own_id.lock().unwrap().is_none());
    }
}
