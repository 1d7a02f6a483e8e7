//! Whom we trust, and what is said on the wire: TLS without I/O.
//!
//! A `Context` is one set of TLS options, made once and shared by its connections. A `Client` is
//! the TLS of one connection: ciphertext in, plaintext and ciphertext out. It ends its handshake
//! with a `Verdict` (`judge`); the caller must not send on before that is known to be good.
//!
//! rustls does the protocol and webpki decides about certificates. What neither of them can decide
//! as OpenSSL would is `Verdict::Undecided`, and then Node's own TLS is asked (see `judge`).

mod chains;
mod client;
mod client_certificate;
mod context;
mod exporter;
mod facts;
mod failure;
#[cfg(test)]
pub(crate) mod fixtures;
mod judge;
mod key_log;
mod legible;
mod opening;
mod path;
mod pinned;
mod roots;
mod sessions;
mod signature_check;
mod strict;
mod verdicts;
mod vetted;

pub use client::{Client, Facts, Handshake, Progress, Received, ciphertext_bytes};
pub use context::{Context, ContextSpec};
pub use failure::{Failure, Kind};
pub use judge::Verdict;
pub use legible::is_legible;
pub use roots::Roots;
pub use sessions::Session;
