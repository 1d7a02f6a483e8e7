//! Certificates for the tests, made on the spot.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, SigningKey, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, UnixTime};

use super::judge::{Verdict, judge};
use super::roots::Roots;

pub(crate) const HOST: &str = "host.test";

const AUTHORITY_KEY_IDENTIFIER: [u64; 4] = [2, 5, 29, 35];

/// The middle of 2025, when certificates are valid unless a test says otherwise.
pub(super) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_750_000_000))
}

/// A certificate and what it takes to issue others.
pub(crate) struct Party {
    pub(super) params: CertificateParams,
    pub(crate) key: KeyPair,
    pub(crate) der: CertificateDer<'static>,
}

impl Party {
    pub(crate) fn self_signed(params: CertificateParams) -> Self {
        Self::self_signed_by(params, KeyPair::generate().unwrap())
    }

    pub(super) fn self_signed_by(params: CertificateParams, key: KeyPair) -> Self {
        let der = params.self_signed(&key).unwrap().der().clone();
        Self { params, key, der }
    }

    pub(crate) fn issue(&self, params: CertificateParams) -> Self {
        self.issue_for(params, KeyPair::generate().unwrap())
    }

    pub(super) fn issue_for(&self, params: CertificateParams, key: KeyPair) -> Self {
        let issuer = Issuer::from_params(&self.params, &self.key);
        let der = params.signed_by(&key, &issuer).unwrap().der().clone();
        Self { params, key, der }
    }

    pub(super) fn same_key(&self) -> KeyPair {
        KeyPair::try_from(self.key.serialized_der()).unwrap()
    }

    /// The same certificate in version 1: without its extensions, signed anew by `signer`.
    pub(super) fn in_version_1(&self, signer: &KeyPair) -> CertificateDer<'static> {
        let outer = children(content(&self.der));
        let fields = children(content(outer[0]));
        let tbs = tlv(0x30, &fields[1..7].concat());
        let signature = signer.sign(&tbs).unwrap();
        let signature = tlv(0x03, &[&[0], &signature[..]].concat());
        tlv(0x30, &[&tbs, outer[1], &signature].concat()).into()
    }
}

pub(super) fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2034, 1, 1);
    params
}

pub(crate) fn ca(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

pub(crate) fn server() -> CertificateParams {
    let mut params = CertificateParams::new([HOST.to_owned()]).unwrap();
    params.distinguished_name = named("server").distinguished_name;
    with(params, |server| {
        server.not_before = date_time_ymd(2024, 1, 1);
        server.not_after = date_time_ymd(2034, 1, 1);
    })
}

pub(crate) fn with<P>(mut params: P, change: impl FnOnce(&mut P)) -> P {
    change(&mut params);
    params
}

pub(super) fn expired(params: CertificateParams) -> CertificateParams {
    with(params, |p| p.not_after = date_time_ymd(2025, 1, 1))
}

pub(super) fn not_yet_valid(params: CertificateParams) -> CertificateParams {
    with(params, |p| p.not_before = date_time_ymd(2026, 1, 1))
}

pub(super) fn path_len(params: CertificateParams, max: u8) -> CertificateParams {
    let constrained = IsCa::Ca(BasicConstraints::Constrained(max));
    with(params, |p| p.is_ca = constrained)
}

pub(super) fn extension(oid: &[u64], critical: bool, content: Vec<u8>) -> CustomExtension {
    let extension = CustomExtension::from_oid_content(oid, content);
    with(extension, |e| e.set_criticality(critical))
}

pub(super) fn extended(params: CertificateParams, by: CustomExtension) -> CertificateParams {
    with(params, |p| p.custom_extensions.push(by))
}

/// With an authority key identifier of these fields.
pub(super) fn authority(params: CertificateParams, fields: &[&[u8]]) -> CertificateParams {
    let content = tlv(0x30, &fields.concat());
    extended(params, extension(&AUTHORITY_KEY_IDENTIFIER, false, content))
}

/// With the authority key identifier of whoever issues it.
pub(super) fn naming_its_issuer(params: &mut CertificateParams) {
    params.use_authority_key_identifier_extension = true;
}

/// One that nobody knows.
pub(super) fn unknown(critical: bool) -> CustomExtension {
    extension(&[1, 3, 6, 1, 4, 1, 99999, 1], critical, tlv(0x05, &[]))
}

pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match u16::try_from(content.len()).unwrap().to_be_bytes() {
        [0, low @ ..0x80] => der.push(low),
        [0, low] => der.extend([0x81, low]),
        [high, low] => der.extend([0x82, high, low]),
    }
    der.extend(content);
    der
}

/// What is inside the element that `der` starts with.
pub(super) fn content(der: &[u8]) -> &[u8] {
    let (header, length) = measure(der);
    &der[header..header + length]
}

/// The elements that follow each other in `der`, whole.
pub(super) fn children(mut der: &[u8]) -> Vec<&[u8]> {
    let mut children = Vec::new();
    while !der.is_empty() {
        let (header, length) = measure(der);
        let (child, rest) = der.split_at(header + length);
        children.push(child);
        der = rest;
    }
    children
}

fn measure(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ ..=0x7f => (2, short.into()),
        0x81 => (3, der[2].into()),
        _ => (4, u16::from_be_bytes([der[2], der[3]]).into()),
    }
}

/// What a test trusts, and judges chains by.
#[derive(Default)]
pub(super) struct Trust {
    bundled: Vec<Vec<u8>>,
    own: Vec<Vec<u8>>,
}

impl Trust {
    pub(super) fn bundled(roots: &[&Party]) -> Self {
        let bundled = roots.iter().map(|root| root.der.to_vec()).collect();
        let own = Vec::new();
        Self { bundled, own }
    }

    pub(super) fn own(cas: &[&Party]) -> Self {
        Self::default().and_own(cas)
    }

    pub(super) fn and_own(mut self, cas: &[&Party]) -> Self {
        self.own.extend(cas.iter().map(|ca| ca.der.to_vec()));
        self
    }

    pub(super) fn judges(&self, chain: &[&Party]) -> Verdict {
        self.judges_for(Some(HOST), chain)
    }

    pub(super) fn judges_for(&self, identity: Option<&str>, chain: &[&Party]) -> Verdict {
        let chain: Vec<_> = chain.iter().map(|party| party.der.clone()).collect();
        self.judges_der(identity, &chain)
    }

    pub(super) fn judges_der(
        &self,
        identity: Option<&str>,
        chain: &[CertificateDer<'_>],
    ) -> Verdict {
        let roots = Roots::new(self.bundled.clone(), self.own.clone());
        judge(&roots, chain, identity, now()).verdict
    }
}
