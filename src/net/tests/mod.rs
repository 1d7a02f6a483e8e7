//! TLS as the reactor drives it, against the server of rustls.

mod conn_secure;
mod exporter;
mod handshake;
pub(super) mod loopback;
mod pair;
mod resumption;
mod secure;
