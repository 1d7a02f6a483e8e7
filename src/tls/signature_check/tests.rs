use std::sync::{Arc, Mutex};

use rcgen::KeyPair;
use rustls::crypto::aws_lc_rs::{default_provider, sign::any_supported_type};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection, SignatureAlgorithm,
    SupportedProtocolVersion,
};

use super::super::fixtures::*;
use super::*;

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
const P256: SignatureScheme = SignatureScheme::ECDSA_NISTP256_SHA256;
const P384: SignatureScheme = SignatureScheme::ECDSA_NISTP384_SHA384;

/// Shows a certificate, and signs with a key that need not belong to it, with the schemes
/// offered or with one of its own.
#[derive(Debug)]
struct Server {
    shown: Arc<CertifiedKey>,
    offered: Mutex<Vec<SignatureScheme>>,
}

impl Server {
    fn new(cert: &CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self::signing(cert, any_supported_type(&key).unwrap())
    }

    fn signing(cert: &CertificateDer<'static>, key: Arc<dyn SigningKey>) -> Self {
        Self {
            shown: Arc::new(CertifiedKey::new(vec![cert.clone()], key)),
            offered: Mutex::default(),
        }
    }
}

impl ResolvesServerCert for Server {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        *self.offered.lock().unwrap() = hello.signature_schemes().to_vec();
        Some(self.shown.clone())
    }
}

#[derive(Debug)]
struct Stubborn(Arc<dyn SigningKey>, SignatureScheme);

impl SigningKey for Stubborn {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.0.choose_scheme(&[self.1])
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }
}

/// Shakes hands in memory, and tells what the client made of it.
fn shake(
    version: &'static SupportedProtocolVersion,
    schemes: &[SignatureScheme],
    server: &Arc<Server>,
) -> Result<(), Error> {
    let provider = Arc::new(default_provider());
    let check = SignatureCheck::new(&provider, schemes.to_vec());
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(check))
        .with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(server.clone());
    let name = ServerName::try_from(HOST).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name)?;
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        wire.clear();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut &wire[..]).unwrap();
        server.process_new_packets().unwrap();
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut &wire[..]).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn any_chain_is_accepted_and_left_to_be_judged() {
    let leaf = Party::self_signed(expired(with(named("nobody"), |p| {
        p.custom_extensions.push(unknown(true));
    })));
    let server = Arc::new(Server::new(&leaf.der, &leaf.key));
    for version in VERSIONS {
        assert_eq!(shake(version, &[P256], &server), Ok(()));
    }
}

#[test]
fn version_1_is_accepted_and_left_to_be_judged() {
    let leaf = Party::self_signed(server());
    let server = Arc::new(Server::new(&leaf.in_version_1(&leaf.key), &leaf.key));
    for version in VERSIONS {
        assert_eq!(shake(version, &[P256], &server), Ok(()));
    }
}

#[test]
fn keys_of_every_kind_are_read() {
    for (key, scheme) in [
        (&rcgen::PKCS_RSA_SHA256, SignatureScheme::RSA_PSS_SHA256),
        (&rcgen::PKCS_ECDSA_P384_SHA384, P384),
        (&rcgen::PKCS_ED25519, SignatureScheme::ED25519),
    ] {
        let leaf = Party::self_signed_by(server(), KeyPair::generate_for(key).unwrap());
        let server = Arc::new(Server::new(&leaf.der, &leaf.key));
        for version in VERSIONS {
            assert_eq!(shake(version, &[P256, scheme], &server), Ok(()));
        }
    }
}

#[test]
fn a_server_without_the_leafs_key_is_refused() {
    let leaf = Party::self_signed(server());
    let other = KeyPair::generate().unwrap();
    for cert in [leaf.der.clone(), leaf.in_version_1(&leaf.key)] {
        let server = Arc::new(Server::new(&cert, &other));
        for version in VERSIONS {
            let refusal = CertificateError::BadSignature.into();
            assert_eq!(shake(version, &[P256], &server), Err(refusal));
        }
    }
}

#[test]
fn a_leaf_that_cannot_be_read_is_refused() {
    let leaf = Party::self_signed(server());
    let noise = CertificateDer::from(leaf.der[..100].to_vec());
    let server = Arc::new(Server::new(&noise, &leaf.key));
    for version in VERSIONS {
        assert_eq!(shake(version, &[P256], &server), Err(bad_encoding()));
    }
}

#[test]
fn the_schemes_given_are_offered_in_their_order() {
    let leaf = Party::self_signed(server());
    let server = Arc::new(Server::new(&leaf.der, &leaf.key));
    for version in VERSIONS {
        for schemes in [[P256, P384], [P384, P256]] {
            assert_eq!(shake(version, &schemes, &server), Ok(()));
            assert_eq!(*server.offered.lock().unwrap(), schemes);
        }
    }
}

#[test]
fn a_scheme_that_was_not_offered_is_refused() {
    let leaf = Party::self_signed(server());
    let key = PrivateKeyDer::try_from(leaf.key.serialize_der()).unwrap();
    let key = any_supported_type(&key).unwrap();
    let server = Server::signing(&leaf.der, Arc::new(Stubborn(key, P256)));
    let server = Arc::new(server);
    for version in VERSIONS {
        let refusal = PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into();
        assert_eq!(shake(version, &[P384], &server), Err(refusal));
        assert_eq!(shake(version, &[P384, P256], &server), Ok(()));
    }
}
