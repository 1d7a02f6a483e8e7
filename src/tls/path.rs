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
pub(super) struct Look<'a> {
    pub(super) leaf: &'a Facts<'a>,
    /// All that there are, the peer's in the order it sent them.
    pub(super) issuers: &'a [Issuer<'a>],
    pub(super) now: UnixTime,
}

impl<'a> Look<'a> {
    pub(super) fn at(&self, path: &VerifiedPath<'_>) -> Result<(), Objection> {
        let issuers = path.intermediate_certificates().map(|cert| cert.der());
        let issuers = issuers.map(|der| self.find(&der).ok_or(Objection::Veto));
        let issuers = issuers.collect::<Result<Vec<_>, _>>()?;
        // One of the program's own roots was walked through like an intermediate, by its own
        // signature, so that webpki has seen its dates, its constraints and its extensions.
        if let Some((last, below)) = issuers.split_last()
            && let Some(root) = self.own_root(last.der)
        {
            return self.agree(below, root);
        }
        let mut objection = Objection::Rootless;
        for root in self.bundled_roots(path.anchor()) {
            match self.under_bundled(&issuers, root) {
                Ok(()) => return Ok(()),
                Err(err) => objection = err,
            }
        }
        Err(objection)
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
        self.is_ca_in_date(root.der)?;
        // Nor does webpki count the certificates under an anchor, or read its purposes. OpenSSL
        // leaves self-issued ones out of the count.
        let counted = below.iter().filter(|issuer| !issuer.facts.self_issued());
        let counted = u32::try_from(counted.count()).unwrap_or(u32::MAX);
        if root.facts.path_len().is_some_and(|max| counted > max) || !root.facts.for_servers() {
            return Err(Objection::Veto);
        }
        self.agree(below, root)
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
        for issuer in issuers.iter().copied().chain([root]) {
            let facts = &issuer.facts;
            if !facts.issued(below) || facts.is_proxy() || !self.is_taken(issuer, below) {
                return Err(Objection::Veto);
            }
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

    /// Whether OpenSSL, which does not turn back, would take this issuer among all that may have
    /// issued `below`: a trusted one if there is one, and of the peer's the first in date.
    fn is_taken(&self, issuer: &Issuer<'_>, below: &Facts<'_>) -> bool {
        let all = || {
            self.issuers
                .iter()
                .filter(|other| other.facts.may_have_issued(below))
        };
        let in_date = |other: &&Issuer<'_>| other.facts.dates(self.now) == Dates::Present;
        if all().any(|other| other.trusted.is_some()) {
            // Which of several it takes is not said, so it must not matter.
            let as_good = |other: &Issuer<'_>| {
                other.der == issuer.der
                    || (other.trusted.is_some_and(|trusted| trusted.is_root)
                        && other.facts.self_issued() == issuer.facts.self_issued()
                        && other.facts.has_key_of(&issuer.facts))
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
mod tests {
    use rcgen::{CertificateParams, GeneralSubtree, KeyPair, KeyUsagePurpose, NameConstraints};

    use super::super::fixtures::*;
    use super::super::judge::Verdict::{self, Trusted, Undecided};

    const PROXY_CERT_INFO: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 14];
    const NETSCAPE_CERT_TYPE: [u64; 7] = [2, 16, 840, 1, 113730, 1, 1];

    /// The verdict on a leaf, without asking for a name, under an own and under a bundled root.
    fn under(root: &Party, chain: &[&Party]) -> Verdict {
        let own = Trust::own(&[root]).judges_for(None, chain);
        let bundled = Trust::bundled(&[root]).judges_for(None, chain);
        assert_eq!(own, bundled);
        own
    }

    fn leaf(params: CertificateParams) -> Verdict {
        let root = Party::self_signed(ca("root"));
        under(&root, &[&root.issue(params)])
    }

    fn intermediate(params: CertificateParams) -> Verdict {
        let root = Party::self_signed(ca("root"));
        let intermediate = root.issue(params);
        under(&root, &[&intermediate.issue(server()), &intermediate])
    }

    #[test]
    fn an_intermediate_must_be_allowed_to_sign_certificates() {
        let usage = |usage| with(ca("i"), |p| p.key_usages = vec![usage]);
        assert_eq!(intermediate(usage(KeyUsagePurpose::KeyCertSign)), Trusted);
        assert_eq!(intermediate(usage(KeyUsagePurpose::CrlSign)), Undecided);
    }

    #[test]
    fn a_leafs_key_usage_must_suit_its_key() {
        use KeyUsagePurpose::{DigitalSignature, KeyAgreement, KeyCertSign, KeyEncipherment};
        let root = Party::self_signed(ca("root"));
        let rsa = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        for (usage, verdict, rsa_verdict) in [
            (DigitalSignature, Trusted, Trusted),
            (KeyEncipherment, Undecided, Trusted),
            (KeyAgreement, Undecided, Trusted),
            (KeyCertSign, Undecided, Undecided),
        ] {
            let params = with(server(), |p| p.key_usages = vec![usage]);
            assert_eq!(leaf(params.clone()), verdict);
            let rsa = KeyPair::try_from(rsa.serialized_der()).unwrap();
            assert_eq!(under(&root, &[&root.issue_for(params, rsa)]), rsa_verdict);
        }
    }

    #[test]
    fn netscapes_certificate_type_must_be_a_server() {
        let of = |bits: u8| extension(&NETSCAPE_CERT_TYPE, false, tlv(0x03, &[0, bits]));
        assert_eq!(leaf(extended(server(), of(0b0100_0000))), Trusted);
        assert_eq!(leaf(extended(server(), of(0b1000_0000))), Undecided);
    }

    #[test]
    fn a_certificate_must_name_the_key_that_signed_it() {
        let key = |id: u8| tlv(0x80, &[id; 20]);
        let id = |id: u8| rcgen::KeyIdMethod::PreSpecified(vec![id; 20]);
        let root = Party::self_signed(with(ca("root"), |p| p.key_identifier_method = id(1)));
        let below = |id: u8| root.issue(authority(server(), &[&key(id)]));
        assert_eq!(under(&root, &[&below(1)]), Trusted);
        assert_eq!(under(&root, &[&below(2)]), Undecided);

        let at = with(ca("i"), |p| p.key_identifier_method = id(3));
        let at = root.issue(authority(at, &[&key(1)]));
        let below = |id: u8| at.issue(authority(server(), &[&key(id)]));
        assert_eq!(under(&root, &[&below(3), &at]), Trusted);
        assert_eq!(under(&root, &[&below(1), &at]), Undecided);
    }

    #[test]
    fn proxies_are_left_to_openssl() {
        let policy = tlv(
            0x30,
            &tlv(0x30, &tlv(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x15, 1])),
        );
        let proxy = || extension(&PROXY_CERT_INFO, false, policy.clone());
        assert_eq!(leaf(extended(server(), proxy())), Undecided);
        assert_eq!(intermediate(extended(ca("i"), proxy())), Undecided);
    }

    #[test]
    fn malformed_extensions_are_left_to_openssl() {
        let malformed = || extension(&[2, 5, 29, 14], false, tlv(0x05, &[]));
        assert_eq!(leaf(extended(server(), malformed())), Undecided);
        let twice = authority(authority(server(), &[]), &[]);
        assert_eq!(leaf(twice), Undecided);
        let malformed = extension(&[2, 5, 29, 35], false, tlv(0x05, &[]));
        assert_eq!(intermediate(extended(ca("i"), malformed)), Undecided);
    }

    fn only_names_under(tree: &str) -> CertificateParams {
        with(ca("constrained"), |p| {
            p.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName(tree.to_owned())],
                excluded_subtrees: vec![],
            });
        })
    }

    #[test]
    fn name_constraints_bear_on_common_names_where_there_is_no_dns_name() {
        let root = Party::self_signed(ca("root"));
        for at in [
            Party::self_signed(only_names_under("test")),
            root.issue(only_names_under("test")),
        ] {
            let by_dns = at.issue(server());
            let by_common_name = at.issue(named("elsewhere.example"));
            let trust = Trust::own(&[&root, &at]);
            assert_eq!(trust.judges_for(None, &[&by_dns]), Trusted);
            assert_eq!(trust.judges_for(None, &[&by_common_name]), Undecided);
        }
        assert_eq!(leaf(named("elsewhere.example")), Trusted);
    }

    #[test]
    fn name_constraints_bear_on_email_addresses_in_subjects() {
        let constrained = Party::self_signed(only_names_under("test"));
        let email = rcgen::DnType::CustomDnType(vec![1, 2, 840, 113549, 1, 9, 1]);
        let leaf = constrained.issue(with(server(), |p| {
            let address = "someone@elsewhere.example".try_into().unwrap();
            let address = rcgen::DnValue::Ia5String(address);
            p.distinguished_name.push(email, address);
        }));
        assert_eq!(under(&constrained, &[&leaf]), Undecided);
    }
}
