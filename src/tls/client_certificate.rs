//! The client's own certificate, and what became of it in a handshake.
//!
//! rustls answers a server that lists no signature scheme for the key with an empty certificate,
//! and the server may take the client for anybody. OpenSSL signs with more: in TLS 1.2 any curve's
//! key with any hash, and SHA-224. So it is told when none fits, and Node's TLS can be asked.
//!
//! As in OpenSSL, the issuers that the server names choose no certificate.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

/// What a server that has asked for a certificate gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Certificate,
    /// Nothing: it lists no scheme that the key can be used with.
    Nothing,
}

thread_local! {
    // One object serves all connections of a context, as rustls resumes with the same one only:
    // what it says of one of them is left here. rustls asks it on the thread that feeds it.
    static SHOWN: Cell<Option<Shown>> = const { Cell::new(None) };
}

/// What the last bytes that rustls was given have come to, told once; None where no certificate
/// was asked for.
pub(super) fn take_shown() -> Option<Shown> {
    SHOWN.take()
}

pub(super) struct ClientCertificate(Arc<CertifiedKey>);

impl ClientCertificate {
    pub(super) fn new(key: CertifiedKey) -> Self {
        Self(Arc::new(key))
    }
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let fits = self.0.key.choose_scheme(sigschemes).is_some();
        SHOWN.set(Some(if fits {
            Shown::Certificate
        } else {
            Shown::Nothing
        }));
        fits.then(|| self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate { .. }")
    }
}
