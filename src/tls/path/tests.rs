use rcgen::{
    CertificateParams, DnType, DnValue, GeneralSubtree, KeyPair, KeyUsagePurpose, NameConstraints,
};

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

#[test]
fn a_root_that_was_renewed_with_its_key_may_stand_beside_the_old_one() {
    let old = Party::self_signed(ca("root"));
    let leaf = old.issue(server());
    let renewed = |params| Party::self_signed_by(params, old.same_key());
    for (new, verdict) in [
        (renewed(ca("root")), Trusted),
        (renewed(path_len(ca("root"), 0)), Trusted),
        (renewed(expired(ca("root"))), Trusted),
        (renewed(extended(ca("root"), unknown(true))), Undecided),
        (
            renewed(with(ca("root"), |p| {
                p.key_usages = vec![KeyUsagePurpose::CrlSign]
            })),
            Undecided,
        ),
        (
            renewed(with(only_names_under("elsewhere"), |p| {
                p.distinguished_name = named("root").distinguished_name;
            })),
            Undecided,
        ),
        (Party::self_signed(ca("root")), Undecided),
    ] {
        for trust in [Trust::own(&[&old, &new]), Trust::bundled(&[&new, &old])] {
            assert_eq!(trust.judges(&[&leaf]), verdict);
        }
    }
}

#[test]
fn a_root_and_what_another_ca_signed_for_it_are_not_the_same() {
    let (root, stranger) = (
        Party::self_signed(ca("root")),
        Party::self_signed(ca("stranger")),
    );
    let cross = stranger.issue_for(ca("root"), root.same_key());
    let leaf = root.issue(server());
    assert_eq!(Trust::own(&[&root, &cross]).judges(&[&leaf]), Undecided);
    assert_eq!(under(&root, &[&leaf, &cross]), Trusted);
}

#[test]
fn openssl_takes_a_trusted_issuer_before_a_better_one() {
    let root = Party::self_signed(ca("root"));
    let old = Party::self_signed(expired(ca("old")));
    let cross = root.issue_for(ca("old"), old.same_key());
    let leaf = old.issue(server());
    for trust in [Trust::own(&[&old, &root]), Trust::bundled(&[&old, &root])] {
        assert_eq!(trust.judges(&[&leaf, &cross]), Undecided);
    }
}

#[test]
fn openssl_takes_the_first_issuer_in_date_of_those_sent() {
    let (root, stranger) = (
        Party::self_signed(ca("root")),
        Party::self_signed(ca("stranger")),
    );
    let good = root.issue(ca("i"));
    let lost = stranger.issue_for(ca("i"), good.same_key());
    let over = stranger.issue_for(expired(ca("i")), good.same_key());
    let leaf = good.issue(server());
    assert_eq!(under(&root, &[&leaf, &over, &good, &lost]), Trusted);
    assert_eq!(under(&root, &[&leaf, &lost, &good]), Undecided);
}

#[test]
fn openssl_does_not_return_from_trusted_certificates_to_those_sent() {
    let root = Party::self_signed(ca("root"));
    let upper = root.issue(ca("upper"));
    let lower = upper.issue(ca("lower"));
    let leaf = lower.issue(server());
    let all = Trust::own(&[&root, &lower, &upper]);
    assert_eq!(all.judges(&[&leaf, &lower, &upper]), Trusted);
    let but_one = Trust::own(&[&root, &lower]);
    assert_eq!(but_one.judges(&[&leaf, &lower, &upper]), Undecided);
}

#[test]
fn openssl_stops_at_what_looks_self_signed() {
    let root = Party::self_signed(ca("root"));
    let rollover = root.issue(ca("root"));
    assert_eq!(
        under(&root, &[&rollover.issue(server()), &rollover]),
        Undecided
    );
    let namesake = root.issue(named("root"));
    assert_eq!(under(&root, &[&namesake]), Undecided);
    let signed = Party::self_signed(with(ca("root"), naming_its_issuer));
    let rollover = signed.issue(with(ca("root"), naming_its_issuer));
    let leaf = rollover.issue(with(server(), naming_its_issuer));
    assert_eq!(under(&signed, &[&leaf, &rollover]), Trusted);
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
    let email = |p: &mut CertificateParams| {
        let kind = DnType::CustomDnType(vec![1, 2, 840, 113549, 1, 9, 1]);
        let address = "someone@elsewhere.example".try_into().unwrap();
        p.distinguished_name.push(kind, DnValue::Ia5String(address));
    };
    let leaf = constrained.issue(with(server(), email));
    assert_eq!(under(&constrained, &[&leaf]), Undecided);
    let intermediate = constrained.issue(with(ca("i"), email));
    let leaf = intermediate.issue(server());
    assert_eq!(under(&constrained, &[&leaf, &intermediate]), Undecided);
}
