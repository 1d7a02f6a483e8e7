use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

use super::super::fixtures::*;
use super::super::judge::Verdict;

fn pinned(params: rcgen::CertificateParams) -> Verdict {
    let leaf = Party::self_signed(params);
    Trust::own(&[&leaf]).judges(&[&leaf])
}

#[test]
fn a_listed_self_signed_leaf_is_trusted_by_its_name() {
    let leaf = Party::self_signed(server());
    let trust = Trust::own(&[&leaf]);
    assert_eq!(trust.judges(&[&leaf]), Verdict::Trusted);
    assert_eq!(trust.judges_for(None, &[&leaf]), Verdict::Trusted);
    let other = trust.judges_for(Some("other.test"), &[&leaf]);
    assert_eq!(other, Verdict::Identity);
    assert_eq!(
        pinned(with(server(), |p| p.is_ca = ca("").is_ca)),
        Verdict::Trusted
    );
}

#[test]
fn what_else_is_listed_or_sent_does_not_matter() {
    let leaf = Party::self_signed(server());
    let other = Party::self_signed(ca("other"));
    let trust = Trust::bundled(&[&other]).and_own(&[&other, &leaf]);
    assert_eq!(trust.judges(&[&leaf, &other]), Verdict::Trusted);
}

#[test]
fn a_leaf_is_listed_by_all_of_its_bytes() {
    let leaf = Party::self_signed(server());
    let twin = Party::self_signed_by(server(), leaf.same_key());
    assert_eq!(Trust::own(&[&twin]).judges(&[&leaf]), Verdict::Unknown);
    let bundled = Trust::bundled(&[&leaf]);
    assert_eq!(bundled.judges(&[&leaf]), Verdict::Undecided);
}

#[test]
fn a_listed_leaf_must_not_have_another_issuer_to_choose() {
    let namesake = Party::self_signed(ca("server"));
    let leaf = Party::self_signed(server());
    let trust = Trust::own(&[&leaf, &namesake]);
    assert_eq!(trust.judges(&[&leaf]), Verdict::Undecided);
    let issued = namesake.issue(server());
    let trust = Trust::own(&[&issued, &namesake]);
    assert_eq!(trust.judges(&[&issued]), Verdict::Undecided);
}

#[test]
fn a_listed_leaf_must_be_signed_as_its_key_signs() {
    let rsa = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let namesake = Party::self_signed_by(ca("server"), rsa);
    let leaf = namesake.issue(server());
    assert_eq!(Trust::own(&[&leaf]).judges(&[&leaf]), Verdict::Unknown);
    let rsa = Party::self_signed_by(server(), namesake.key);
    assert_eq!(Trust::own(&[&rsa]).judges(&[&rsa]), Verdict::Trusted);
}

#[test]
fn a_listed_proxy_is_left_to_openssl() {
    let policy = tlv(
        0x30,
        &tlv(0x30, &tlv(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x15, 1])),
    );
    let proxy = extension(&[1, 3, 6, 1, 5, 5, 7, 1, 14], false, policy);
    assert_eq!(pinned(extended(server(), proxy)), Verdict::Unknown);
}

#[test]
fn a_leaf_that_a_ca_issued_needs_that_ca() {
    let root = Party::self_signed(ca("root"));
    let leaf = root.issue(server());
    assert_eq!(Trust::own(&[&leaf]).judges(&[&leaf]), Verdict::Unknown);
    let with_root = Trust::own(&[&leaf, &root]);
    assert_eq!(with_root.judges(&[&leaf]), Verdict::Trusted);
}

#[test]
fn a_listed_leaf_must_be_in_date() {
    assert_eq!(pinned(expired(server())), Verdict::Expired);
    assert_eq!(pinned(not_yet_valid(server())), Verdict::NotYetValid);
}

#[test]
fn a_listed_leaf_must_be_for_servers() {
    let purposes = |purposes: &[ExtendedKeyUsagePurpose]| {
        pinned(with(server(), |p| {
            p.extended_key_usages = purposes.to_vec()
        }))
    };
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
    assert_eq!(purposes(&[ClientAuth, ServerAuth]), Verdict::Trusted);
    assert_eq!(purposes(&[ClientAuth]), Verdict::Undecided);
    assert_eq!(purposes(&[Any]), Verdict::Undecided);
}

#[test]
fn a_listed_leaf_signs_itself_as_a_ca_and_a_server() {
    let usages =
        |usages: &[KeyUsagePurpose]| pinned(with(server(), |p| p.key_usages = usages.to_vec()));
    use KeyUsagePurpose::{DigitalSignature, KeyCertSign, KeyEncipherment};
    assert_eq!(usages(&[DigitalSignature, KeyCertSign]), Verdict::Trusted);
    assert_eq!(usages(&[DigitalSignature]), Verdict::Unknown);
    assert_eq!(usages(&[KeyCertSign]), Verdict::Unknown);
    assert_eq!(usages(&[KeyEncipherment, KeyCertSign]), Verdict::Unknown);
}

#[test]
fn a_listed_leaf_must_not_name_another_as_its_issuer() {
    let key = |id: u8| tlv(0x80, &[id; 20]);
    let serial = |id: u8| tlv(0x82, &[id]);
    let name = |of: &str| {
        let name = Party::self_signed(with(named(of), |_| ()));
        let tbs = children(content(&name.der))[0];
        tlv(0xa1, &tlv(0xa4, children(content(tbs))[3]))
    };
    let of = |fields: &[&[u8]]| {
        let key_id = rcgen::KeyIdMethod::PreSpecified(vec![1; 20]);
        pinned(with(authority(server(), fields), |p| {
            p.serial_number = Some(5.into());
            // rcgen writes the subject's key identifier into CAs alone.
            p.is_ca = ca("").is_ca;
            p.key_identifier_method = key_id;
        }))
    };
    assert_eq!(of(&[&key(1)]), Verdict::Trusted);
    assert_eq!(
        of(&[&key(1), &name("server"), &serial(5)]),
        Verdict::Trusted
    );
    assert_eq!(of(&[&key(2)]), Verdict::Unknown);
    assert_eq!(of(&[&name("server"), &serial(6)]), Verdict::Unknown);
    assert_eq!(of(&[&name("another"), &serial(5)]), Verdict::Unknown);
}

#[test]
fn a_listed_leaf_with_what_nobody_knows_is_left_to_openssl() {
    assert_eq!(pinned(extended(server(), unknown(false))), Verdict::Trusted);
    assert_eq!(
        pinned(extended(server(), unknown(true))),
        Verdict::Undecided
    );
}

#[test]
fn a_listed_leaf_of_version_1_is_for_javascript_to_label() {
    let leaf = Party::self_signed(server());
    let der = leaf.in_version_1(&leaf.key);
    let leaf = Party { der, ..leaf };
    assert_eq!(Trust::own(&[&leaf]).judges(&[&leaf]), Verdict::Unknown);
}
