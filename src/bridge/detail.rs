//! What an event says beyond its record, as JavaScript sees it.

use std::net::SocketAddr;

use napi_derive::napi;

use crate::net::{Endpoint, Failure, Syscall};

/// An address, or a Unix socket's path with no port.
#[napi(object)]
#[derive(Clone)]
pub struct EndpointDetail {
    pub address: String,
    pub port: Option<u32>,
    /// 4 or 6.
    pub family: Option<u32>,
}

/// Why an address could not be connected, in the parts of Node's error.
#[napi(object)]
#[derive(Clone)]
pub struct FailureDetail {
    pub syscall: String,
    /// Negative: a libuv error number.
    pub errno: i32,
    pub endpoint: Option<EndpointDetail>,
    /// The near end, where Node's message names it.
    pub local: Option<EndpointDetail>,
}

/// The rest of an event.
#[napi(object)]
pub struct Detail {
    pub endpoints: Vec<EndpointDetail>,
    pub failures: Vec<FailureDetail>,
    /// More than one address was there to be tried.
    pub several: bool,
}

impl Detail {
    pub(super) fn resolved(addresses: &[SocketAddr]) -> Self {
        let endpoints: Vec<_> = addresses
            .iter()
            .map(|&address| Endpoint::Ip(address))
            .collect();
        Self::endpoints(&endpoints)
    }

    pub(super) fn endpoints<'a>(endpoints: impl IntoIterator<Item = &'a Endpoint>) -> Self {
        let endpoints = endpoints.into_iter().map(EndpointDetail::from).collect();
        Self {
            endpoints,
            failures: Vec::new(),
            several: false,
        }
    }

    pub(super) fn failures<'a>(
        failures: impl IntoIterator<Item = &'a Failure>,
        several: bool,
    ) -> Self {
        let failures = failures.into_iter().map(FailureDetail::from).collect();
        Self {
            endpoints: Vec::new(),
            failures,
            several,
        }
    }
}

/// A link-local address has its zone, as in Node: `fe80::1%eth0`.
fn shown(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 && v6.ip().is_unicast_link_local() => {
            format!("{}%{}", v6.ip(), zone(v6.scope_id()))
        }
        _ => address.ip().to_string(),
    }
}

#[cfg(unix)]
fn zone(index: u32) -> String {
    let mut name = [0; libc::IF_NAMESIZE];
    // SAFETY: the array has the room that the call asks for.
    if unsafe { libc::if_indextoname(index, name.as_mut_ptr()) }.is_null() {
        return index.to_string();
    }
    // SAFETY: the call has succeeded, so that a C string is in the array.
    let name = unsafe { std::ffi::CStr::from_ptr(name.as_ptr()) };
    name.to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn zone(index: u32) -> String {
    index.to_string()
}

impl From<&Endpoint> for EndpointDetail {
    fn from(endpoint: &Endpoint) -> Self {
        match endpoint {
            Endpoint::Ip(address) => Self {
                address: shown(address),
                port: Some(address.port().into()),
                family: Some(if address.is_ipv6() { 6 } else { 4 }),
            },
            Endpoint::Path(path) => Self {
                address: path.clone(),
                port: None,
                family: None,
            },
        }
    }
}

impl From<&Failure> for FailureDetail {
    fn from(failure: &Failure) -> Self {
        let syscall = match failure.syscall {
            Syscall::GetAddrInfo => "getaddrinfo",
            Syscall::Bind => "bind",
            Syscall::Connect => "connect",
            Syscall::Read => "read",
            Syscall::Write => "write",
            Syscall::Shutdown => "shutdown",
        };
        Self {
            syscall: syscall.into(),
            errno: -failure.code.abs(),
            endpoint: failure.endpoint.as_ref().map(EndpointDetail::from),
            local: failure
                .local
                .map(|local| EndpointDetail::from(&Endpoint::Ip(local))),
        }
    }
}
