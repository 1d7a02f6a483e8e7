//! Our own look at a path that webpki has found good.
//!
//! webpki does not look at the certificate of an anchor, nor at what `facts` reads, and it tries
//! every path where OpenSSL takes one. So a path is looked at again before it counts. This can
//! only turn a path away.

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use super::facts::{Dates, Facts};
use super::roots::{List, Trusted};

/// Why a path that webpki likes does not count.
#[derive(Debug)]
pub(super) enum Objection {
    /// It does not end with the certificate of one of our roots: another path may.
    Rootless,
    /// Its root has a fault that webpki has a name for.
    Root(Error),
    /// OpenSSL would not like it, or might not.
    Veto,
}

/// A certificate that a path can lead through.
pub(super) struct Issuer<'a> {
    pub(super) der: &'a CertificateDer<'a>,
    pub(super) facts: Facts<'a>,
    /// `None` for what the peer sent.
    pub(super) trusted: Option<&'a Trusted>,
}

impl Issuer<'_> {
    fn is_root(&self, of: List) -> bool {
        let trusted = self.trusted;
        trusted.is_some_and(|trusted| trusted.is_root && trusted.list == of)
    }
}

/// What paths from one leaf are looked at with.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) leaf: &'a Facts<'a>,
    /// All that there are, the peer's in the order it sent them.
    pub(super) issuers: &'a [Issuer<'a>],
    pub(super) now: UnixTime,
}

impl<'a> Look<'a> {
    /// The certificates above the leaf, the root last.
    pub(super) fn at(&self, path: &VerifiedPath<'_>) -> Result<Vec<&'a Issuer<'a>>, Objection> {
        let issuers = path.intermediate_certificates().map(|cert| cert.der());
        let issuers = issuers.map(|der| self.find(&der).ok_or(Objection::Veto));
        let issuers = issuers.collect::<Result<Vec<_>, _>>()?;
        // One of the program's own roots was walked through like an intermediate, by its own
        // signature, so that webpki has seen its dates, its constraints and its extensions.
        if let Some((last, below)) = issuers.split_last()
            && let Some(root) = self.own_root(last.der)
        {
            self.agree(below, root)?;
            return Ok(issuers);
        }
        let mut objection = Objection::Rootless;
        for root in self.bundled_roots(path.anchor()) {
            match self.under_bundled(&issuers, root) {
                Ok(()) => return Ok([&issuers[..], &[root]].concat()),
                Err(err) => objection = err,
            }
        }
        Err(objection)
    }

    /// Whether the one way up from the leaf, as OpenSSL goes it, ends at a root. Signatures aside.
    pub(super) fn leads_to_root(&self) -> bool {
        let mut below = self.leaf;
        let mut among_trusted = false;
        if below.self_signed() {
            return false;
        }
        // A way longer than there are certificates goes round in circles.
        for _ in self.issuers {
            let mut above = self.issuers.iter();
            let Some(issuer) = above.find(|issuer| issuer.facts.issued(below)) else {
                return false;
            };
            let is_trusted = self.is_trusted(issuer);
            if issuer.facts.self_signed() || (among_trusted && !is_trusted) {
                return is_trusted;
            }
            among_trusted = is_trusted;
            below = &issuer.facts;
        }
        false
    }

    fn find(&self, der: &CertificateDer<'_>) -> Option<&'a Issuer<'a>> {
        self.issuers.iter().find(|issuer| issuer.der == der)
    }

    fn own_root(&self, der: &CertificateDer<'_>) -> Option<&'a Issuer<'a>> {
        let mut roots = self
            .issuers
            .iter()
            .filter(|issuer| issuer.is_root(List::Own));
        roots.find(|root| root.der == der)
    }

    /// Of one name and key there may be several, and not all of them good.
    fn bundled_roots(&self, anchor: &TrustAnchor<'_>) -> impl Iterator<Item = &'a Issuer<'a>> {
        let roots = self
            .issuers
            .iter()
            .filter(|issuer| issuer.is_root(List::Bundled));
        roots.filter(move |root| anchor_from_trusted_cert(root.der).is_ok_and(|of| of == *anchor))
    }

    fn under_bundled(&self, below: &[&Issuer<'_>], root: &Issuer<'_>) -> Result<(), Objection> {
        self.is_sound(root, below)?;
        self.agree(below, root)
    }

    /// What webpki does not look at in an anchor's certificate: its dates, whether it is a CA, how
    /// long a path it allows, and its purposes. OpenSSL leaves self-issued certificates out of the
    /// count.
    fn is_sound(&self, root: &Issuer<'_>, below: &[&Issuer<'_>]) -> Result<(), Objection> {
        self.is_ca_in_date(root.der)?;
        let counted = below.iter().filter(|issuer| !issuer.facts.self_issued());
        let counted = u32::try_from(counted.count()).unwrap_or(u32::MAX);
        match root.facts.path_len().is_some_and(|max| counted > max) || !root.facts.for_servers() {
            true => Err(Objection::Veto),
            false => Ok(()),
        }
    }

    /// webpki has no word for 'is this a CA': asked to take it for a server's, it looks at the
    /// dates and then says that it is one.
    fn is_ca_in_date(&self, root: &CertificateDer<'_>) -> Result<(), Objection> {
        let root = EndEntityCert::try_from(root).map_err(|_| Objection::Veto)?;
        let usage = KeyUsage::server_auth();
        match root.verify_for_usage(&[], &[], &[], self.now, usage, None, None) {
            Err(Error::CaUsedAsEndEntity) => Ok(()),
            Err(err @ (Error::CertExpired { .. } | Error::CertNotValidYet { .. })) => {
                Err(Objection::Root(err))
            }
            _ => Err(Objection::Veto),
        }
    }

    /// Whether every certificate may do what the path has it do, and OpenSSL would take this path.
    fn agree(&self, issuers: &[&Issuer<'_>], root: &Issuer<'_>) -> Result<(), Objection> {
        let mut below = self.leaf;
        let mut among_trusted = false;
        for issuer in issuers.iter().copied().chain([root]) {
            let facts = &issuer.facts;
            // OpenSSL goes no further than what it takes for self-signed, and once among trusted
            // certificates it does not return to the peer's.
            if below.self_signed() || (among_trusted && !self.is_trusted(issuer)) {
                return Err(Objection::Veto);
            }
            if !facts.issued(below) || facts.is_proxy() || !self.is_taken(issuer, below, issuers) {
                return Err(Objection::Veto);
            }
            among_trusted = self.is_trusted(issuer);
            below = facts;
        }
        let mut all = issuers.iter().copied().chain([root]);
        let constrained = all.any(|issuer| issuer.facts.constrains_names());
        if !self.leaf.serves_tls()
            || self.leaf.is_proxy()
            || (constrained && self.has_names_in_subject(issuers))
        {
            return Err(Objection::Veto);
        }
        Ok(())
    }

    /// Whether this is one of the trusted certificates, the peer's copy of one included.
    fn is_trusted(&self, issuer: &Issuer<'_>) -> bool {
        let mut trusted = self.issuers.iter().filter(|of| of.trusted.is_some());
        trusted.any(|of| of.der == issuer.der)
    }

    /// Whether OpenSSL, which does not turn back, would take this issuer among all that may have
    /// issued `below`: a trusted one if there is one, and of the peer's the first in date.
    fn is_taken(&self, issuer: &Issuer<'_>, below: &Facts<'_>, path: &[&Issuer<'_>]) -> bool {
        let all = || {
            self.issuers
                .iter()
                .filter(|other| other.facts.may_have_issued(below))
        };
        let in_date = |other: &&Issuer<'_>| other.facts.dates(self.now) == Dates::Present;
        if all().any(|other| other.trusted.is_some()) {
            // Which of several it takes is not said, so it must not matter.
            let as_good = |other: &Issuer<'_>| {
                other.der == issuer.der || self.is_stand_in(other, issuer, below, path)
            };
            let mut trusted = all()
                .filter(|other| other.trusted.is_some())
                .filter(in_date);
            trusted.clone().any(|other| other.der == issuer.der) && trusted.all(as_good)
        } else {
            let first = all().find(in_date);
            first.is_some_and(|first| first.der == issuer.der)
        }
    }

    /// Whether a path that ends with one root might as well end with the other: a root renewed
    /// with the key it had, while both are in date.
    fn is_stand_in(
        &self,
        other: &Issuer<'_>,
        root: &Issuer<'_>,
        below: &Facts<'_>,
        path: &[&Issuer<'_>],
    ) -> bool {
        let are_roots = root.facts.self_signed() && other.facts.self_signed();
        are_roots
            && other.facts.has_key_of(&root.facts)
            && other.facts.issued(below)
            && !other.facts.constrains_names()
            && self.is_sound(other, path).is_ok()
    }

    /// Whether name constraints bear on a subject: OpenSSL holds e-mail addresses there against
    /// them, and the common name of a leaf that has no DNS name. webpki reads no subjects.
    fn has_names_in_subject(&self, issuers: &[&Issuer<'_>]) -> bool {
        let mut issuers = issuers.iter();
        !self.leaf.has_dns_name()
            || self.leaf.has_email_in_subject()
            || issuers.any(|issuer| issuer.facts.has_email_in_subject())
    }
}

#[cfg(test)]
mod tests;
