//! What OpenSSL reads in a certificate and webpki does not.
//!
//! Nothing here makes a chain good: each answer can only turn one away, or find its way into an
//! index. Where OpenSSL reads leniently and this does not, Node's own transport decides.

use rustls::pki_types::UnixTime;
use x509_parser::prelude::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, FromDer, GeneralName, KeyUsage,
    NSCertType, ParsedExtension, X509Certificate,
};

use super::strict;

const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const RSA_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// The arcs under which the signatures of a kind of key are named.
const ECDSA_ARC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
const PKCS1_ARC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const PROXY_CERT_INFO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x0e];

/// The addresses and the systems that a certificate is for (RFC 3779). OpenSSL demands that its
/// issuers have them too.
const RESOURCES: [&[u8]; 2] = [
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x07],
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x08],
];

/// More than any certificate has; each is compared with all others.
const EXTENSIONS_MAX: usize = 64;

/// Where a moment lies in a certificate's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dates {
    Past,
    Present,
    Future,
}

/// One certificate, with its known extensions parsed.
pub(super) struct Facts<'a>(X509Certificate<'a>);

impl<'a> Facts<'a> {
    /// `None` where anything is malformed, an extension that webpki passes over included: OpenSSL
    /// calls such a certificate invalid. So is one that has an extension twice. And where only
    /// OpenSSL knows what an extension demands.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        let extensions = certificate.extensions();
        if extensions.len() > EXTENSIONS_MAX {
            return None;
        }
        let sound = extensions.iter().enumerate().all(|(index, extension)| {
            !RESOURCES.contains(&extension.oid.as_bytes())
                && extension.parsed_extension().error().is_none()
                && strict::is_sound(extension.oid.as_bytes(), extension.value)
                && extensions[..index].iter().all(|e| e.oid != extension.oid)
        });
        let facts = Self(certificate);
        let named = strict::is_name(facts.subject()) && strict::is_name(facts.issuer());
        (rest.is_empty() && sound && named).then_some(facts)
    }

    /// The subject's name of a certificate that `read` may not like; `None` where it is none.
    pub(super) fn subject_of(der: &'a [u8]) -> Option<&'a [u8]> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        let subject = certificate.tbs_certificate.subject.as_raw();
        rest.is_empty().then_some(subject)
    }

    /// The whole DER, header included, of the subject's name.
    pub(super) fn subject(&self) -> &'a [u8] {
        self.0.tbs_certificate.subject.as_raw()
    }

    pub(super) fn issuer(&self) -> &'a [u8] {
        self.0.tbs_certificate.issuer.as_raw()
    }

    pub(super) fn self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    /// As OpenSSL has it: over in the very second that `notAfter` names, and over rather than to
    /// come where both are true.
    pub(super) fn dates(&self, now: UnixTime) -> Dates {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let (from, until) = self.validity();
        if until <= now {
            Dates::Past
        } else if from > now {
            Dates::Future
        } else {
            Dates::Present
        }
    }

    /// Both ends, in seconds since the epoch.
    pub(super) fn validity(&self) -> (i64, i64) {
        let validity = &self.0.tbs_certificate.validity;
        (
            validity.not_before.timestamp(),
            validity.not_after.timestamp(),
        )
    }

    /// Whether OpenSSL would take this certificate for the issuer of `subject`: by its names and
    /// by the subject's authority key identifier.
    pub(super) fn may_have_issued(&self, subject: &Facts<'_>) -> bool {
        self.subject() == subject.issuer() && self.is_authority_of(subject)
    }

    /// `X509_check_issued`: the same, and its key may sign certificates. Signatures aside.
    pub(super) fn issued(&self, subject: &Facts<'_>) -> bool {
        self.may_have_issued(subject) && self.signs_certs()
    }

    pub(super) fn has_key_of(&self, other: &Facts<'_>) -> bool {
        let [own, others] = [self, other].map(|facts| facts.0.tbs_certificate.subject_pki.raw);
        own == others
    }

    /// What OpenSSL calls self-signed (the signature itself it does not look at).
    pub(super) fn self_signed(&self) -> bool {
        self.may_have_issued(self) && self.signed_by_its_kind_of_key()
    }

    fn is_authority_of(&self, subject: &Facts<'_>) -> bool {
        let Some(authority) = subject.authority() else {
            return true;
        };
        let key = authority.key_identifier.as_ref().map(|key| key.0);
        let serial = authority.authority_cert_serial;
        // OpenSSL heeds the first directory name only.
        let name = authority.authority_cert_issuer.iter().flatten();
        let name = name.filter_map(directory_name).next();
        (key.is_none() || self.key_identifier().is_none() || key == self.key_identifier())
            && serial.is_none_or(|serial| serial == self.0.raw_serial())
            && name.is_none_or(|name| name == self.issuer())
    }

    fn signed_by_its_kind_of_key(&self) -> bool {
        let signature = self.0.signature_algorithm.algorithm.as_bytes();
        match self.key_algorithm() {
            EC_KEY => signature.starts_with(ECDSA_ARC),
            RSA_KEY => signature.starts_with(PKCS1_ARC),
            ED25519 => signature == ED25519,
            _ => false,
        }
    }

    /// Whether its key may sign certificates: `keyUsage`, where present, must say so.
    fn signs_certs(&self) -> bool {
        self.key_usage().is_none_or(|usage| usage.key_cert_sign())
    }

    /// Whether a server may show it: what OpenSSL wants of `keyUsage` and of Netscape's
    /// certificate type, where present.
    pub(super) fn serves_tls(&self) -> bool {
        let usable = |usage: &KeyUsage| {
            let signs = usage.digital_signature();
            // Only an RSA key can prove itself in other ways than by a signature.
            let other = usage.key_encipherment() || usage.key_agreement();
            signs || (other && self.key_algorithm() == RSA_KEY)
        };
        self.key_usage().is_none_or(usable) && self.netscape_type().is_none_or(|of| of.ssl_server())
    }

    /// Whether `extendedKeyUsage`, where present, names servers.
    pub(super) fn for_servers(&self) -> bool {
        self.extended_key_usage()
            .is_none_or(|usage| usage.server_auth)
    }

    pub(super) fn path_len(&self) -> Option<u32> {
        let basic = |parsed: &ParsedExtension<'a>| match parsed {
            ParsedExtension::BasicConstraints(BasicConstraints {
                path_len_constraint,
                ..
            }) => *path_len_constraint,
            _ => None,
        };
        self.parsed().find_map(basic)
    }

    pub(super) fn constrains_names(&self) -> bool {
        self.parsed()
            .any(|parsed| matches!(parsed, ParsedExtension::NameConstraints(_)))
    }

    pub(super) fn has_dns_name(&self) -> bool {
        self.parsed().any(|parsed| match parsed {
            ParsedExtension::SubjectAlternativeName(names) => names
                .general_names
                .iter()
                .any(|name| matches!(name, GeneralName::DNSName(_))),
            _ => false,
        })
    }

    pub(super) fn has_email_in_subject(&self) -> bool {
        let subject = &self.0.tbs_certificate.subject;
        subject.iter_email().next().is_some()
    }

    /// A proxy certificate is one that an end entity issued.
    pub(super) fn is_proxy(&self) -> bool {
        let mut extensions = self.0.extensions().iter();
        extensions.any(|extension| extension.oid.as_bytes() == PROXY_CERT_INFO)
    }

    fn key_algorithm(&self) -> &[u8] {
        self.0
            .tbs_certificate
            .subject_pki
            .algorithm
            .oid()
            .as_bytes()
    }

    fn parsed(&self) -> impl Iterator<Item = &ParsedExtension<'a>> {
        self.0.extensions().iter().map(|e| e.parsed_extension())
    }

    fn key_usage(&self) -> Option<&KeyUsage> {
        self.parsed().find_map(|parsed| match parsed {
            ParsedExtension::KeyUsage(usage) => Some(usage),
            _ => None,
        })
    }

    fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage<'a>> {
        self.parsed().find_map(|parsed| match parsed {
            ParsedExtension::ExtendedKeyUsage(usage) => Some(usage),
            _ => None,
        })
    }

    fn netscape_type(&self) -> Option<&NSCertType> {
        self.parsed().find_map(|parsed| match parsed {
            ParsedExtension::NSCertType(of) => Some(of),
            _ => None,
        })
    }

    fn key_identifier(&self) -> Option<&'a [u8]> {
        self.parsed().find_map(|parsed| match parsed {
            ParsedExtension::SubjectKeyIdentifier(key) => Some(key.0),
            _ => None,
        })
    }

    fn authority(&self) -> Option<&AuthorityKeyIdentifier<'a>> {
        self.parsed().find_map(|parsed| match parsed {
            ParsedExtension::AuthorityKeyIdentifier(authority) => Some(authority),
            _ => None,
        })
    }
}

fn directory_name<'a>(name: &GeneralName<'a>) -> Option<&'a [u8]> {
    match name {
        GeneralName::DirectoryName(name) => Some(name.as_raw()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::fixtures::*;
    use super::*;

    #[test]
    fn resources_and_too_many_extensions_are_not_read() {
        let extended = |count: u64, arc: &[u64]| {
            let extensions =
                (0..count).map(|n| extension(&[arc, &[n + 7]].concat(), false, tlv(5, &[])));
            Party::self_signed(extensions.fold(server(), extended))
        };
        let resources = [1, 3, 6, 1, 5, 5, 7, 1];
        assert!(Facts::read(&extended(1, &resources).der).is_none());
        let unknown = [1, 3, 6, 1, 4, 1, 99999];
        assert!(Facts::read(&extended(9, &unknown).der).is_some());
        assert!(Facts::read(&extended(EXTENSIONS_MAX as u64 + 1, &unknown).der).is_none());
    }

    #[test]
    fn a_certificate_is_valid_from_its_first_second_until_before_its_last() {
        let leaf = Party::self_signed(server());
        let facts = Facts::read(&leaf.der).unwrap();
        let (from, until) = facts.validity();
        let at = |second: i64| {
            let second = Duration::from_secs(second.try_into().unwrap());
            facts.dates(UnixTime::since_unix_epoch(second))
        };
        assert_eq!([at(from - 1), at(from)], [Dates::Future, Dates::Present]);
        assert_eq!([at(until - 1), at(until)], [Dates::Present, Dates::Past]);
        let never = Party::self_signed(expired(not_yet_valid(server())));
        let facts = Facts::read(&never.der).unwrap();
        assert_eq!(facts.dates(now()), Dates::Past);
    }
}
