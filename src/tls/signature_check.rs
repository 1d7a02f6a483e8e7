//! The verifier that rustls gets: it accepts any chain, and checks that the peer holds its key.
//!
//! # Why this is safe
//!
//! rustls asks its verifier in the middle of the handshake. Node judges a chain when the
//! handshake has ended, and a program may want the connection in spite of the judgement
//! (`rejectUnauthorized: false`) or have another word in it (`checkServerIdentity`). So whoever
//! drives the handshake must call [`judge`](super::judge::judge) on the peer's certificates when
//! it ends, and must let no byte of the program's out, and none in, before the verdict is
//! obeyed. What is not put off is the signature: a peer whose chain is judged has proved, on this
//! connection, that it holds the leaf's key.
//!
//! Of a chain rustls keeps nothing but the bytes, so a verifier that read more could not pass it
//! on: one verifier serves all connections of a context, as rustls resumes sessions only under
//! the verifier they were made with.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};
use webpki::{RawPublicKeyEntity, anchor_from_trusted_cert};

/// Checks the handshake's signature, and leaves the chain to be judged.
#[derive(Debug)]
pub struct SignatureCheck {
    algorithms: WebPkiSupportedAlgorithms,
    schemes: Vec<SignatureScheme>,
}

impl SignatureCheck {
    /// Offers these schemes and no others, in this order.
    pub fn new(provider: &CryptoProvider, schemes: Vec<SignatureScheme>) -> Self {
        Self {
            algorithms: provider.signature_verification_algorithms,
            schemes,
        }
    }

    /// rustls would let the peer sign with any scheme that the provider knows.
    fn is_offered(&self, signed: &DigitallySignedStruct) -> Result<(), Error> {
        match self.schemes.contains(&signed.scheme) {
            true => Ok(()),
            false => Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into()),
        }
    }
}

impl ServerCertVerifier for SignatureCheck {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.is_offered(signed)?;
        let key = public_key(cert)?;
        let key = RawPublicKeyEntity::try_from(&key).map_err(|_| bad_encoding())?;
        // TLS 1.2 does not name the curve, so a scheme stands for several algorithms.
        let mut known = self.algorithms.mapping.iter();
        let of_scheme = known.find(|(scheme, _)| *scheme == signed.scheme);
        let algorithms = of_scheme.map_or(&[][..], |(_, algorithms)| algorithms);
        for algorithm in algorithms {
            match key.verify_signature(*algorithm, message, signed.signature()) {
                Ok(()) => return Ok(HandshakeSignatureValid::assertion()),
                Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => (),
                Err(_) => break,
            }
        }
        Err(CertificateError::BadSignature.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.is_offered(signed)?;
        let key = public_key(cert)?;
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

/// The leaf's key, out of certificates too that webpki reads as anchors alone: those of version 1,
/// and those with critical extensions that it does not know. The chain's judge gets to see them.
fn public_key(cert: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    let anchor = anchor_from_trusted_cert(cert).map_err(|_| bad_encoding())?;
    let content = &anchor.subject_public_key_info;
    let length = u16::try_from(content.len()).map_err(|_| bad_encoding())?;
    // An anchor holds what is inside the SEQUENCE.
    let mut der = vec![0x30];
    match length.to_be_bytes() {
        [0, low @ ..0x80] => der.push(low),
        [0, low] => der.extend([0x81, low]),
        [high, low] => der.extend([0x82, high, low]),
    }
    der.extend_from_slice(content);
    Ok(der.into())
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}

#[cfg(test)]
mod tests {
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
}
