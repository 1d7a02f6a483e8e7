//! Exported keying material: RFC 8446, section 7.5, and RFC 5705 for TLS 1.2. The unbuffered
//! connection of rustls does not offer it, but logs the secrets that it is made from.

use aws_lc_rs::{digest, hkdf, tls_prf};
use rustls::crypto::hash::HashAlgorithm;
use rustls::{SupportedCipherSuite, Tls12CipherSuite};

use super::key_log::{EXPORTERS, Secrets};

/// What TLS 1.2 derives with itself: keying material of these would give it away.
const TLS12_LABELS: [&[u8]; 5] = [
    b"client finished",
    b"server finished",
    b"master secret",
    b"extended master secret",
    b"key expansion",
];

/// `length` bytes for `label`, or None where there can't be any.
pub(super) fn export(
    suite: SupportedCipherSuite,
    secrets: &Secrets,
    server_random: Option<&[u8; 32]>,
    label: &[u8],
    context: Option<&[u8]>,
    length: usize,
) -> Option<Vec<u8>> {
    match suite {
        SupportedCipherSuite::Tls13(suite) => {
            let secret = secrets.find(EXPORTERS[0])?.secret;
            let (hash, digest) = algorithms(suite.common.hash_provider.algorithm())?;
            let empty = digest::digest(digest, &[]);
            let derived = expand(hash, &secret, label, empty.as_ref(), digest.output_len())?;
            let context = digest::digest(digest, context.unwrap_or_default());
            expand(hash, &derived, b"exporter", context.as_ref(), length)
        }
        SupportedCipherSuite::Tls12(suite) => {
            if TLS12_LABELS.contains(&label) {
                return None;
            }
            let line = secrets.find(EXPORTERS[1])?;
            let mut seed = [&line.client_random[..], server_random?].concat();
            if let Some(context) = context {
                seed.extend(u16::try_from(context.len()).ok()?.to_be_bytes());
                seed.extend(context);
            }
            let secret = tls_prf::Secret::new(prf(suite)?, &line.secret).ok()?;
            let derived = secret.derive(label, &seed, length).ok()?;
            Some(derived.as_ref().to_vec())
        }
    }
}

fn algorithms(hash: HashAlgorithm) -> Option<(hkdf::Algorithm, &'static digest::Algorithm)> {
    match hash {
        HashAlgorithm::SHA256 => Some((hkdf::HKDF_SHA256, &digest::SHA256)),
        HashAlgorithm::SHA384 => Some((hkdf::HKDF_SHA384, &digest::SHA384)),
        _ => None,
    }
}

fn prf(suite: &Tls12CipherSuite) -> Option<&'static tls_prf::Algorithm> {
    match suite.common.hash_provider.algorithm() {
        HashAlgorithm::SHA256 => Some(&tls_prf::P_SHA256),
        HashAlgorithm::SHA384 => Some(&tls_prf::P_SHA384),
        _ => None,
    }
}

/// HKDF-Expand-Label of RFC 8446, section 7.1.
fn expand(
    hash: hkdf::Algorithm,
    secret: &[u8],
    label: &[u8],
    context: &[u8],
    length: usize,
) -> Option<Vec<u8>> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }

    const PREFIX: &[u8] = b"tls13 ";
    let wire_length = u16::try_from(length).ok()?.to_be_bytes();
    let label_length = u8::try_from(PREFIX.len() + label.len()).ok()?;
    let context_length = u8::try_from(context.len()).ok()?;
    let info: [&[u8]; 6] = [
        &wire_length,
        &[label_length],
        PREFIX,
        label,
        &[context_length],
        context,
    ];
    let mut output = vec![0; length];
    hkdf::Prk::new_less_safe(hash, secret)
        .expand(&info, Length(length))
        .ok()?
        .fill(&mut output)
        .ok()?;
    Some(output)
}
