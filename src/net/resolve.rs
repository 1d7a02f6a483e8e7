//! Names to addresses, as `dns.lookup()` does it: the system's resolver, on threads of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use tokio::sync::OnceCell;
use tokio::task::{JoinHandle, spawn_blocking};

use super::errno::errno;
use super::event::{Failure, Syscall};

/// libuv's numbers for the resolver's errors: Node shows them as `err.errno`.
mod uv {
    pub const EAI_AGAIN: i32 = -3001;
    pub const EAI_BADFLAGS: i32 = -3002;
    pub const EAI_FAIL: i32 = -3004;
    pub const EAI_FAMILY: i32 = -3005;
    pub const EAI_MEMORY: i32 = -3006;
    pub const EAI_NODATA: i32 = -3007;
    pub const EAI_NONAME: i32 = -3008;
    pub const EAI_SERVICE: i32 = -3010;
    pub const EAI_SOCKTYPE: i32 = -3011;
}

/// `AI_NUMERICHOST`, the same number on every system: no name is asked for.
pub(super) const NUMERIC_HOST: i32 = 4;

/// Which family comes first: `dns.getDefaultResultOrder()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    Verbatim,
    Ipv4First,
    Ipv6First,
}

/// A name to resolve, in the words of `dns.lookup()`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    pub host: String,
    /// 4, 6, or 0 for both.
    pub family: u8,
    /// `getaddrinfo` flags: `dns.ADDRCONFIG | dns.V4MAPPED | dns.ALL`.
    pub hints: i32,
    pub order: Order,
}

/// What a lookup comes to.
type Answer = Result<Vec<SocketAddr>, Failure>;

/// Looks names up on the runtime's blocking threads, each name once however many wait for it.
///
/// Nothing is remembered: whoever asks when the answer is there begins a lookup of their own.
pub(super) struct Resolver {
    ask: Arc<Ask>,
    under_way: UnderWay,
}

/// Asks the system; blocks.
type Ask = dyn Fn(&Query) -> Answer + Send + Sync;

type UnderWay = Rc<RefCell<HashMap<Query, Weak<Lookup>>>>;

impl Default for Resolver {
    fn default() -> Self {
        Self::asking(resolve)
    }
}

impl Resolver {
    fn asking(ask: impl Fn(&Query) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            ask: Arc::new(ask),
            under_way: UnderWay::default(),
        }
    }

    /// All addresses of a name, with this port.
    pub(super) async fn look_up(&self, query: &Query, port: u16) -> Answer {
        let lookup = self.join(query);
        let answer = lookup.answer().await.clone();
        answer.map(|addresses| with_port(addresses, port))
    }

    /// The lookup of this name that is under way, or a new one.
    fn join(&self, query: &Query) -> Rc<Lookup> {
        let under_way = self.under_way.borrow().get(query).and_then(Weak::upgrade);
        if let Some(lookup) = under_way.filter(|lookup| !lookup.answer.initialized()) {
            return lookup;
        }
        let (ask, asked) = (self.ask.clone(), query.clone());
        let lookup = Rc::new(Lookup {
            query: query.clone(),
            task: RefCell::new(spawn_blocking(move || ask(&asked))),
            answer: OnceCell::new(),
            under_way: self.under_way.clone(),
        });
        let mut under_way = self.under_way.borrow_mut();
        under_way.insert(query.clone(), Rc::downgrade(&lookup));
        lookup
    }
}

/// One question to the system, as long as somebody waits for the answer.
struct Lookup {
    query: Query,
    task: RefCell<JoinHandle<Answer>>,
    answer: OnceCell<Answer>,
    under_way: UnderWay,
}

impl Lookup {
    /// One of those who wait waits for the thread; when it gives up, the next one does.
    async fn answer(&self) -> &Answer {
        let resolved = || async {
            let resolved = poll_fn(|cx| Pin::new(&mut *self.task.borrow_mut()).poll(cx)).await;
            // It has panicked.
            resolved.unwrap_or_else(|_| Err(resolver_failure(uv::EAI_FAIL)))
        };
        self.answer.get_or_init(resolved).await
    }
}

impl Drop for Lookup {
    /// Nobody waits any more: a lookup that no thread has taken up yet is not made.
    fn drop(&mut self) {
        self.task.get_mut().abort();
        let mut under_way = self.under_way.borrow_mut();
        // A later one may be there by now.
        if under_way
            .get(&self.query)
            .is_some_and(|last| last.strong_count() == 0)
        {
            under_way.remove(&self.query);
        }
    }
}

/// All addresses of a name, without a port. Blocks; `code` of a failure is libuv's.
pub(super) fn resolve(query: &Query) -> Answer {
    let hints = AddrInfoHints {
        flags: query.hints,
        address: match query.family {
            4 => dns_lookup::AddrFamily::Inet.into(),
            6 => dns_lookup::AddrFamily::Inet6.into(),
            _ => 0,
        },
        socktype: SockType::Stream.into(),
        protocol: 0,
    };
    let found = getaddrinfo(Some(&query.host), None, Some(hints)).map_err(failure)?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for info in found.flatten() {
        let address = info.sockaddr;
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match query.order {
        Order::Verbatim => {}
        Order::Ipv4First => addresses.sort_by_key(SocketAddr::is_ipv6),
        Order::Ipv6First => addresses.sort_by_key(SocketAddr::is_ipv4),
    }
    if addresses.is_empty() {
        return Err(resolver_failure(uv::EAI_NODATA));
    }
    Ok(addresses)
}

pub(super) fn with_port(mut addresses: Vec<SocketAddr>, port: u16) -> Vec<SocketAddr> {
    for address in &mut addresses {
        address.set_port(port);
    }
    addresses
}

/// The address that a host is by itself, if it is one.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

fn failure(err: LookupError) -> Failure {
    resolver_failure(match err.kind() {
        LookupErrorKind::Again => uv::EAI_AGAIN,
        LookupErrorKind::Badflags => uv::EAI_BADFLAGS,
        LookupErrorKind::NoName => uv::EAI_NONAME,
        LookupErrorKind::NoData => uv::EAI_NODATA,
        LookupErrorKind::Fail => uv::EAI_FAIL,
        LookupErrorKind::Family => uv::EAI_FAMILY,
        LookupErrorKind::Socktype => uv::EAI_SOCKTYPE,
        LookupErrorKind::Service => uv::EAI_SERVICE,
        LookupErrorKind::Memory => uv::EAI_MEMORY,
        // The system's own reason: it may have no descriptor left.
        LookupErrorKind::System => -errno(&err.into()),
        _ => uv::EAI_FAIL,
    })
}

fn resolver_failure(code: i32) -> Failure {
    Failure {
        syscall: Syscall::GetAddrInfo,
        code,
        endpoint: None,
        local: None,
    }
}

#[cfg(test)]
mod tests;
