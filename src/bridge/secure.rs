//! TLS as JavaScript asks for it, and what it may know of a connection's TLS.

use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi::{Error, Result, Status};
use napi_derive::napi;

use crate::net::ConnTable;
use crate::tls::{Context, ContextSpec, Facts, Handshake, Roots, Session, is_legible};

/// The certificates of authorities, DER.
#[napi(object, object_to_js = false)]
pub struct RootsRequest {
    /// Node's own.
    pub bundled: Vec<Uint8Array>,
    /// The program's and the system's.
    pub own: Vec<Uint8Array>,
}

/// A set of them, made once for all contexts that trust it.
#[napi]
pub struct TlsRoots(Arc<Roots>);

#[napi]
impl TlsRoots {
    #[napi(constructor, catch_unwind)]
    pub fn new(request: RootsRequest) -> Self {
        let (bundled, own) = (copies(&request.bundled), copies(&request.own));
        Self(Arc::new(Roots::new(bundled, own)))
    }

    /// Which of these are plainly certificates that OpenSSL can read; see `tls::is_legible`.
    #[napi(catch_unwind)]
    pub fn are_legible(certificates: Vec<Uint8Array>) -> Vec<bool> {
        certificates.iter().map(|der| is_legible(der)).collect()
    }
}

/// What a context is made of; see `tls::ContextSpec`.
#[napi(object)]
pub struct ContextRequest {
    pub suites: Vec<u16>,
    pub groups: Vec<u16>,
    pub schemes: Vec<u16>,
    pub versions: Vec<u16>,
    pub tickets: bool,
    /// Whether a server may do without secure renegotiation.
    pub legacy_servers: bool,
    /// The client's certificates, DER, its own first.
    pub chain: Vec<Uint8Array>,
    /// The client's key, PKCS#8 DER.
    pub key: Option<Uint8Array>,
    /// Whether JavaScript vets good chains.
    pub vets: bool,
}

/// One set of TLS options.
#[napi]
pub struct TlsContext(Arc<Context>);

#[napi]
impl TlsContext {
    /// Throws where rustls can't serve the options.
    #[napi(constructor, catch_unwind)]
    pub fn new(roots: &TlsRoots, request: ContextRequest) -> Result<Self> {
        let certificate = request
            .key
            .map(|key| (copies(&request.chain), key.to_vec()));
        let spec = ContextSpec {
            suites: request.suites,
            groups: request.groups,
            schemes: request.schemes,
            versions: request.versions,
            tickets: request.tickets,
            legacy_servers: request.legacy_servers,
            certificate,
            vets: request.vets,
        };
        Context::new(roots.0.clone(), spec)
            .map(|context| Self(Arc::new(context)))
            .map_err(|err| Error::new(Status::InvalidArg, err.to_string()))
    }
}

/// What a session's token holds, for as long as JavaScript has it.
#[napi]
pub struct TlsSession(#[expect(dead_code, reason = "dropped with it")] Session);

/// The handshake of one connection.
#[napi(object)]
pub struct SecureRequest {
    /// SNI; none is sent without it.
    pub server_name: Option<String>,
    /// Whom the certificate must be for.
    pub identity: String,
    /// Whether JavaScript judges that.
    pub asks: bool,
    pub alpn: Vec<Uint8Array>,
    /// A session's id.
    pub session: Option<f64>,
}

impl SecureRequest {
    pub(super) fn handshake(self, context: &TlsContext) -> Handshake {
        Handshake {
            context: context.0.clone(),
            server_name: self.server_name,
            identity: self.identity,
            asks: self.asks,
            alpn: copies(&self.alpn),
            session: self.session.map(|id| id as u64),
        }
    }
}

/// What is known of the TLS of an environment's connections, by id.
#[derive(Default)]
pub(super) struct FactsTable(ConnTable<Arc<Facts>>);

impl FactsTable {
    pub(super) fn insert(&mut self, conn: u32, facts: Arc<Facts>) {
        self.0.insert(conn, facts);
    }

    pub(super) fn remove(&mut self, conn: u32) {
        self.0.remove(conn);
    }

    pub(super) fn get(&self, conn: u32) -> Option<&Facts> {
        self.0.get(conn).map(|facts| &**facts)
    }

    pub(super) fn certificates(&self, conn: u32) -> Vec<Buffer> {
        let facts = self.get(conn);
        let certificates = facts.map(|facts| &**facts.certificates);
        let certificates = certificates.unwrap_or_default().iter();
        certificates.map(|der| Buffer::from(der.to_vec())).collect()
    }

    pub(super) fn chain_id(&self, conn: u32) -> Option<f64> {
        self.get(conn).map(|facts| facts.certificates.id() as f64)
    }

    /// What of the server's certificates is still to be vetted, leaf first.
    pub(super) fn unvetted_path(&self, conn: u32) -> Option<Vec<Buffer>> {
        let unvetted = self.get(conn)?.unvetted.as_ref()?;
        if unvetted.is_known() {
            return None;
        }
        let path = unvetted.path.iter();
        Some(path.map(|der| Buffer::from(der.to_vec())).collect())
    }

    pub(super) fn vet(&self, conn: u32) {
        if let Some(unvetted) = self.get(conn).and_then(|facts| facts.unvetted.as_ref()) {
            unvetted.vet();
        }
    }

    pub(super) fn session(&self, conn: u32) -> Option<TlsSession> {
        self.get(conn).map(|facts| TlsSession(facts.hold_session()))
    }

    pub(super) fn alpn(&self, conn: u32) -> Option<String> {
        let alpn = self.get(conn)?.alpn.as_deref()?;
        // One character a byte, as Node reads it.
        Some(alpn.iter().copied().map(char::from).collect())
    }
}

fn copies(arrays: &[Uint8Array]) -> Vec<Vec<u8>> {
    arrays.iter().map(|array| array.to_vec()).collect()
}
