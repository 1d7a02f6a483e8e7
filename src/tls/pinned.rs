//! A server's certificate that is itself among the program's CAs.
//!
//! OpenSSL takes it for the end of the path, hence for trusted, if it is self-signed; one that a
//! CA issued needs that CA whether it is listed or not. webpki knows neither, so this is the one
//! place where a chain is accepted without it, and it asks for more than OpenSSL does.

use super::facts::Facts;
use super::roots::Roots;

/// Whether the leaf is trusted for being listed. Its dates are the caller's business.
///
/// No other trusted certificate must pass for its issuer: OpenSSL might take that one.
pub(super) fn is_pinned(roots: &Roots, leaf: &Facts<'_>, der: &[u8]) -> bool {
    roots.has_no_issuer_but_itself(leaf, der)
        && leaf.self_signed()
        && leaf.issued(leaf)
        && leaf.serves_tls()
        && leaf.for_servers()
        && !leaf.is_proxy()
}

#[cfg(test)]
mod tests;
