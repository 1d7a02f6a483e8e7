//! One set of TLS options as rustls takes it.

use std::fmt;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::Tls12Resumption;
use rustls::crypto::aws_lc_rs as provider;
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, Error, ProtocolVersion, SignatureScheme, SupportedCipherSuite};

use super::chains::{Chain, Chains};
use super::client_certificate::ClientCertificate;
use super::judge::Verdict;
use super::key_log::Secrets;
use super::roots::Roots;
use super::sessions::{ConnSessions, Hints};
use super::signature_check::SignatureCheck;
use super::verdicts::Verdicts;
use super::vetted::Unvetted;

/// What OpenSSL would offer, by IANA numbers in its order of preference; unknown ones are skipped.
#[derive(Default)]
pub struct ContextSpec {
    pub suites: Vec<u16>,
    pub groups: Vec<u16>,
    pub schemes: Vec<u16>,
    pub versions: Vec<u16>,
    /// Session tickets of TLS 1.2.
    pub tickets: bool,
    /// Whether a server of TLS 1.2 may do without secure renegotiation (RFC 5746).
    pub legacy_servers: bool,
    /// The client's chain and PKCS#8 key, DER.
    pub certificate: Option<(Vec<Vec<u8>>, Vec<u8>)>,
    /// Whether JavaScript looks at good chains too, before they count.
    pub vets: bool,
}

/// TLS options that connections share. Sessions resume within one context only: another one may
/// trust others.
pub struct Context {
    config: ClientConfig,
    tickets: bool,
    pub(super) legacy_servers: bool,
    roots: Arc<Roots>,
    verdicts: Verdicts,
    pub(super) hints: Arc<Hints>,
    pub(super) chains: Chains,
}

impl Context {
    /// # Errors
    ///
    /// When nothing is left that rustls could offer, or it can't use the client's key.
    pub fn new(roots: Arc<Roots>, spec: ContextSpec) -> Result<Self, Error> {
        let provider = CryptoProvider {
            cipher_suites: spec.suites.into_iter().filter_map(suite).collect(),
            kx_groups: spec.groups.into_iter().filter_map(group).collect(),
            ..provider::default_provider()
        };
        let schemes = spec
            .schemes
            .into_iter()
            .map(SignatureScheme::from)
            .collect();
        let verifier = Arc::new(SignatureCheck::new(&provider, schemes));
        let mut versions = Vec::new();
        if spec.versions.contains(&ProtocolVersion::TLSv1_3.into()) {
            versions.push(&TLS13);
        }
        if spec.versions.contains(&ProtocolVersion::TLSv1_2.into()) {
            versions.push(&TLS12);
        }
        let own = spec.certificate.map(|(chain, key)| {
            let chain = chain.into_iter().map(CertificateDer::from).collect();
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
            CertifiedKey::from_der(chain, key, &provider)
        });
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&versions)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match own.transpose()? {
            Some(key) => builder.with_client_cert_resolver(Arc::new(ClientCertificate::new(key))),
            None => builder.with_no_client_auth(),
        };
        // OpenSSL's client goes on where the server chose no protocol of the offered ones.
        config.check_selected_alpn = false;
        Ok(Self {
            config,
            tickets: spec.tickets,
            legacy_servers: spec.legacy_servers,
            roots,
            verdicts: Verdicts::new(spec.vets),
            hints: Arc::default(),
            chains: Chains::default(),
        })
    }

    /// Judges a chain; see `judge`.
    pub(super) fn judge(
        &self,
        chain: &Chain,
        identity: Option<&str>,
        now: UnixTime,
    ) -> (Verdict, Option<Unvetted>) {
        self.verdicts.judge(&self.roots, chain, identity, now)
    }

    /// The configuration of one connection. The verifier and the client's certificate stay the
    /// same objects: rustls resumes with the same ones only.
    pub(super) fn config(
        &self,
        sessions: Arc<ConnSessions>,
        secrets: Arc<Secrets>,
        sni: bool,
    ) -> Arc<ClientConfig> {
        let mut config = self.config.clone();
        let tls12 = if self.tickets {
            Tls12Resumption::SessionIdOrTickets
        } else {
            Tls12Resumption::SessionIdOnly
        };
        config.resumption = Resumption::store(sessions).tls12_resumption(tls12);
        config.key_log = secrets;
        config.enable_sni = sni;
        Arc::new(config)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context { .. }")
    }
}

fn suite(number: u16) -> Option<SupportedCipherSuite> {
    let known = provider::ALL_CIPHER_SUITES.iter();
    known
        .copied()
        .find(|suite| u16::from(suite.suite()) == number)
}

fn group(number: u16) -> Option<&'static dyn SupportedKxGroup> {
    let known = provider::ALL_KX_GROUPS.iter();
    known
        .copied()
        .find(|group| u16::from(group.name()) == number)
}
