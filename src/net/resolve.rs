//! Names to addresses, as `dns.lookup()` does it: the system's resolver, on a thread of its own.

use std::net::{IpAddr, SocketAddr};

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Verbatim,
    Ipv4First,
    Ipv6First,
}

/// A name to resolve, in the words of `dns.lookup()`.
#[derive(Clone, Debug)]
pub struct Query {
    pub host: String,
    /// 4, 6, or 0 for both.
    pub family: u8,
    /// `getaddrinfo` flags: `dns.ADDRCONFIG | dns.V4MAPPED | dns.ALL`.
    pub hints: i32,
    pub order: Order,
}

/// All addresses of a name. Blocks; `code` of a failure is libuv's.
pub(super) fn resolve(query: &Query, port: u16) -> Result<Vec<SocketAddr>, Failure> {
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
        let mut address = info.sockaddr;
        address.set_port(port);
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
mod tests {
    use super::*;

    fn query(host: &str, family: u8, order: Order) -> Query {
        Query {
            host: host.into(),
            family,
            hints: 0,
            order,
        }
    }

    #[test]
    fn addresses_come_with_the_port_and_once_each() {
        let found = resolve(&query("127.0.0.1", 0, Order::Verbatim), 80).unwrap();
        assert_eq!(found, ["127.0.0.1:80".parse().unwrap()]);
    }

    #[test]
    fn a_family_that_the_name_has_not_is_an_error_of_the_resolver() {
        let err = resolve(&query("127.0.0.1", 6, Order::Verbatim), 80).unwrap_err();
        assert_eq!(err.syscall, Syscall::GetAddrInfo);
        assert!(err.code < -2999);
    }
}
