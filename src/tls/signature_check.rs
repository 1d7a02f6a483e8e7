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
mod tests;
