//! What `connect` is asked for.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use napi::{Error, Result, Status};
use napi_derive::napi;

use crate::net::{Connect, Gate, KeepAlive, Made, Order, Query, SocketOptions, Target, UnixTarget};
use crate::tls::Handshake;

/// Checked `net.connect()` options.
#[napi(object)]
pub struct ConnectRequest {
    /// A name or an address; or `addresses`, or `path`, or `fd`.
    pub host: Option<String>,
    /// What the program's own `lookup` answered.
    pub addresses: Option<Vec<String>>,
    pub path: Option<String>,
    /// The descriptor of a connection that Node has made, which it still holds.
    pub fd: Option<i32>,
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

impl ConnectRequest {
    /// A connection behind `gate`, with TLS over it where there is a handshake.
    pub(super) fn connect(self, gate: Arc<Gate>, tls: Option<Handshake>) -> Result<Connect> {
        Ok(Connect {
            gate,
            local_address: self.local_address.as_deref().map(parse_ip).transpose()?,
            local_port: port(self.local_port)?,
            attempt_delay: self
                .attempt_delay
                .map(|ms| Duration::from_millis(ms.into())),
            options: SocketOptions {
                no_delay: self.no_delay,
                keep_alive: KeepAlive {
                    on: self.keep_alive,
                    idle_secs: self.keep_alive_secs,
                    ..KeepAlive::default()
                },
            },
            tls,
            target: self.target()?,
        })
    }

    fn target(self) -> Result<Target> {
        if let Some(fd) = self.fd {
            return made(fd).map(Target::Made);
        }
        if let Some(path) = self.path {
            return Ok(Target::Path(UnixTarget::connect(path)));
        }
        let port = port(self.port)?;
        if let Some(addresses) = self.addresses {
            return Ok(Target::Addresses { addresses, port });
        }
        let order = match self.order.as_str() {
            "ipv4first" => Order::Ipv4First,
            "ipv6first" => Order::Ipv6First,
            _ => Order::Verbatim,
        };
        Ok(Target::Name {
            query: Query {
                host: self.host.unwrap_or_default(),
                family: u8::try_from(self.family).unwrap_or(0),
                hints: self.hints,
                order,
            },
            port,
        })
    }
}

#[cfg(unix)]
fn made(fd: i32) -> Result<Made> {
    if fd < 0 {
        return Err(Error::new(Status::InvalidArg, "not a descriptor"));
    }
    // SAFETY: it is not -1, and a handle of Node's on this very thread holds it open during the
    // call.
    let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) };
    Made::duplicate(fd).map_err(|err| Error::from_reason(err.to_string()))
}

#[cfg(not(unix))]
fn made(_fd: i32) -> Result<Made> {
    Err(Error::new(Status::InvalidArg, "no descriptor of a socket"))
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
