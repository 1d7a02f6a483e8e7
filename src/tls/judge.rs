//! Whom we trust: a server's chain, judged when its handshake ends.
//!
//! webpki finds the path; `path` looks at it again and `pinned` knows the one case that webpki
//! does not. What is `Trusted` here, OpenSSL trusts. A refusal is named only where Node would
//! give that reason; for the rest Node's own transport is asked.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, KeyUsage,
    VerifiedPath, anchor_from_trusted_cert, aws_lc_rs as algs,
};

use super::facts::{Dates, Facts};
use super::path::{Issuer, Look, Objection};
use super::pinned::is_pinned;
use super::roots::{List, Roots, Trusted};

/// What is to be thought of a server's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The chain is good, and the leaf is for the identity asked about.
    Trusted,
    /// The chain is good; webpki does not find the identity in the leaf. Node's
    /// `tls.checkServerIdentity`, which also knows common names, has the last word.
    Identity,
    Expired,
    NotYetValid,
    /// `extendedKeyUsage` does not name servers, and that is all there is against the chain.
    Purpose,
    PathLength,
    /// No issuer, a CA in the place of a server, or a certificate before version 3: which of
    /// Node's reasons that is depends on certificates that webpki does not report.
    Unknown,
    /// Anything else: Node's own transport decides.
    Undecided,
}

/// A verdict, and what it rests on.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// The certificates of the good path, the leaf first and the root last; none where there is no
    /// such path.
    pub(super) path: Path,
}

pub(super) type Path = Vec<CertificateDer<'static>>;

impl From<Verdict> for Judgement {
    fn from(verdict: Verdict) -> Self {
        let path = Vec::new();
        Self { verdict, path }
    }
}

/// The signatures that may stand on a path: those that both webpki and every Node's OpenSSL know.
static SIGNATURES: &[&dyn SignatureVerificationAlgorithm] = &[
    algs::ECDSA_P256_SHA256,
    algs::ECDSA_P256_SHA384,
    algs::ECDSA_P256_SHA512,
    algs::ECDSA_P384_SHA256,
    algs::ECDSA_P384_SHA384,
    algs::ECDSA_P384_SHA512,
    algs::ECDSA_P521_SHA256,
    algs::ECDSA_P521_SHA384,
    algs::ECDSA_P521_SHA512,
    algs::ED25519,
    algs::RSA_PKCS1_2048_8192_SHA256,
    algs::RSA_PKCS1_2048_8192_SHA384,
    algs::RSA_PKCS1_2048_8192_SHA512,
    algs::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algs::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algs::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// Certificates beside the leaf. A server sends two or three; many would only cost time.
const OTHERS_MAX: usize = 16;

/// Judges a chain as the peer sent it, leaf first. `identity` is a DNS name or an IP address;
/// without one the leaf may be for anybody.
pub(super) fn judge(
    roots: &Roots,
    chain: &[CertificateDer<'_>],
    identity: Option<&str>,
    now: UnixTime,
) -> Judgement {
    let Some((leaf_der, others)) = chain.split_first() else {
        return Verdict::Undecided.into();
    };
    if others.len() > OTHERS_MAX {
        return Verdict::Undecided.into();
    }
    let Some(leaf) = Facts::read(leaf_der) else {
        return Verdict::Undecided.into();
    };
    // OpenSSL looks at the leaf's dates last, and Node reports what it finds last.
    match leaf.dates(now) {
        Dates::Past => return Verdict::Expired.into(),
        Dates::Future => return Verdict::NotYetValid.into(),
        Dates::Present => (),
    }
    let end_entity = match EndEntityCert::try_from(leaf_der) {
        Ok(end_entity) => end_entity,
        Err(Error::UnsupportedCertVersion) => return Verdict::Unknown.into(),
        Err(_) => return Verdict::Undecided.into(),
    };
    let good = |issuers: Path| {
        let mut path = vec![leaf_der.clone().into_owned()];
        path.extend(issuers);
        let verdict = verdict_on_name(&end_entity, identity);
        Judgement { verdict, path }
    };

    let mut issuers: Vec<Issuer<'_>> = others.iter().filter_map(|der| issuer(der, None)).collect();
    let is_readable = issuers.len() == others.len();
    // OpenSSL may take one that is not read here for an issuer.
    if !is_readable && others.iter().any(is_unread_certificate) {
        return Verdict::Undecided.into();
    }
    if is_pinned(roots, &leaf, leaf_der) {
        return good(Vec::new());
    }
    let names = issuers.iter().map(|issuer| issuer.facts.issuer());
    let Some(trusted) = roots.candidates(names.chain([leaf.issuer()])) else {
        return Verdict::Undecided.into();
    };
    issuers.extend(trusted.iter().filter_map(|of| issuer(&of.der, Some(of))));
    let search = Search {
        end_entity: &end_entity,
        anchors: &anchors(&trusted),
        intermediates: &intermediates(others, &trusted),
        look: Look {
            leaf: &leaf,
            issuers: &issuers,
            now,
        },
    };
    match search.path(KeyUsage::server_auth()) {
        Ok(issuers) => good(issuers),
        // What cannot be read may be what OpenSSL would trip over.
        Err(_) if !is_readable => Verdict::Undecided.into(),
        Err(refusal) => search.verdict(refusal).into(),
    }
}

fn is_unread_certificate(der: &CertificateDer<'_>) -> bool {
    Facts::read(der).is_none() && Facts::subject_of(der).is_some()
}

fn issuer<'a>(der: &'a CertificateDer<'_>, trusted: Option<&'a Trusted>) -> Option<Issuer<'a>> {
    let facts = Facts::read(der)?;
    Some(Issuer {
        der,
        facts,
        trusted,
    })
}

fn verdict_on_name(leaf: &EndEntityCert<'_>, identity: Option<&str>) -> Verdict {
    let Some(identity) = identity else {
        return Verdict::Trusted;
    };
    let name = ServerName::try_from(identity);
    match name.is_ok_and(|name| leaf.verify_is_valid_for_subject_name(&name).is_ok()) {
        true => Verdict::Trusted,
        false => Verdict::Identity,
    }
}

/// The peer's certificates and the program's.
fn intermediates<'a>(
    peers: &'a [CertificateDer<'_>],
    trusted: &[&'a Trusted],
) -> Vec<CertificateDer<'a>> {
    let own = trusted.iter().filter(|of| of.list == List::Own);
    let own = own.map(|of| CertificateDer::from(&of.der[..]));
    let peers = peers.iter().map(|der| CertificateDer::from(&der[..]));
    peers.chain(own).collect()
}

/// Names and keys alone: `path` looks at the certificates behind them.
fn anchors<'a>(trusted: &[&'a Trusted]) -> Vec<TrustAnchor<'a>> {
    let roots = trusted.iter().filter(|of| of.is_root);
    roots
        .filter_map(|of| anchor_from_trusted_cert(&of.der).ok())
        .collect()
}

/// A search for a path from one leaf to one of our roots.
struct Search<'a> {
    end_entity: &'a EndEntityCert<'a>,
    anchors: &'a [TrustAnchor<'a>],
    intermediates: &'a [CertificateDer<'a>],
    look: Look<'a>,
}

enum Refusal {
    Webpki(Error),
    /// There is a path that webpki likes and we do not.
    Veto,
}

impl Search<'_> {
    /// A path that webpki likes and OpenSSL would take wins, whatever is wrong with others.
    /// The issuers on it, the root last.
    fn path(&self, usage: impl ExtendedKeyUsageValidator) -> Result<Path, Refusal> {
        let vetoed = Cell::new(false);
        let found_issuers = RefCell::new(Vec::new());
        let look = |path: &VerifiedPath<'_>| match self.look.at(path) {
            Ok(issuers) => {
                let ders = issuers.iter().map(|of| of.der.clone().into_owned());
                found_issuers.replace(ders.collect());
                Ok(())
            }
            Err(Objection::Rootless) => Err(Error::UnknownIssuer),
            Err(Objection::Root(err)) => Err(err),
            Err(Objection::Veto) => {
                vetoed.set(true);
                Err(Error::UnknownIssuer)
            }
        };
        let found = self.end_entity.verify_for_usage(
            SIGNATURES,
            self.anchors,
            self.intermediates,
            self.look.now,
            usage,
            None,
            Some(&look),
        );
        match found {
            Ok(_) => Ok(found_issuers.into_inner()),
            Err(_) if vetoed.get() => Err(Refusal::Veto),
            Err(err) => Err(Refusal::Webpki(err)),
        }
    }

    /// OpenSSL reports what it finds last, and webpki what it holds for worst. They agree where one
    /// thing is wrong with the one path there is, so no other reason is told.
    fn verdict(&self, refusal: Refusal) -> Verdict {
        let err = match refusal {
            Refusal::Webpki(Error::UnknownIssuer | Error::CaUsedAsEndEntity) => {
                return Verdict::Unknown;
            }
            Refusal::Webpki(err) if !self.is_forked() => err,
            Refusal::Webpki(_) | Refusal::Veto => return Verdict::Undecided,
        };
        match err {
            Error::CertExpired { .. } if self.has_its_time() => Verdict::Expired,
            Error::CertNotValidYet { .. } if self.has_its_time() => Verdict::NotYetValid,
            Error::PathLenConstraintViolated if self.look.leads_to_root() => Verdict::PathLength,
            Error::RequiredEkuNotFoundContext(_) if self.path(AnyPurpose).is_ok() => {
                Verdict::Purpose
            }
            _ => Verdict::Undecided,
        }
    }

    /// Whether the path would be good at a time when all certificates are valid.
    fn has_its_time(&self) -> bool {
        let issuers = self.look.issuers.iter().map(|issuer| &issuer.facts);
        let (from, until) = issuers
            .map(Facts::validity)
            .fold(self.look.leaf.validity(), |(from, until), other| {
                (from.max(other.0), until.min(other.1))
            });
        let Ok(time) = u64::try_from(from) else {
            return false;
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(time));
        let look = Look { now, ..self.look };
        from < until
            && Search { look, ..*self }
                .path(KeyUsage::server_auth())
                .is_ok()
    }

    /// Whether two certificates of one name could continue a path. OpenSSL takes one of them and
    /// reports on that; webpki tries both and reports the worst.
    fn is_forked(&self) -> bool {
        let mut rest = self.look.issuers;
        while let Some((one, others)) = rest.split_first() {
            let name = one.facts.subject();
            if others
                .iter()
                .any(|of| of.facts.subject() == name && of.der != one.der)
            {
                return true;
            }
            rest = others;
        }
        false
    }
}

/// To learn whether its purpose is all there is against a chain.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        for purpose in purposes {
            if GATED_CRYPTO.contains(&purpose?) {
                return Err(Error::UnknownIssuer);
            }
        }
        Ok(())
    }
}

/// Microsoft's and Netscape's 'server gated cryptography': OpenSSL takes them for servers'.
const GATED_CRYPTO: [KeyPurposeId<'static>; 2] = [
    KeyPurposeId::new(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x03, 0x03]),
    KeyPurposeId::new(&[0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x04, 0x01]),
];

#[cfg(test)]
mod tests;
