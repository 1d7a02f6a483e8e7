use proptest::prelude::*;
use rcgen::{ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};

use super::super::fixtures::*;
use super::*;

const CLIENTS: ExtendedKeyUsagePurpose = ExtendedKeyUsagePurpose::ClientAuth;

/// A leaf under one intermediate: what a server sends of it, and its root.
fn three(root: rcgen::CertificateParams) -> [Party; 3] {
    let root = Party::self_signed(root);
    let intermediate = root.issue(ca("intermediate"));
    let leaf = intermediate.issue(server());
    [leaf, intermediate, root]
}

/// The verdicts on one chain with its root among the program's own, and bundled.
fn both(chain: &[Party; 3]) -> [Verdict; 2] {
    let [leaf, intermediate, root] = chain;
    [Trust::own(&[root]), Trust::bundled(&[root])].map(|trust| trust.judges(&[leaf, intermediate]))
}

#[test]
fn a_chain_to_a_root_is_trusted_whether_or_not_the_root_is_sent() {
    let [leaf, intermediate, root] = three(ca("root"));
    let below = root.issue(server());
    for trust in [Trust::own(&[&root]), Trust::bundled(&[&root])] {
        assert_eq!(trust.judges(&[&below]), Verdict::Trusted);
        assert_eq!(trust.judges(&[&leaf, &intermediate]), Verdict::Trusted);
        assert_eq!(
            trust.judges(&[&leaf, &root, &intermediate]),
            Verdict::Trusted
        );
    }
}

#[test]
fn rsa_chains_are_trusted() {
    let rsa = || KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let root = Party::self_signed_by(ca("root"), rsa());
    let leaf = root.issue_for(server(), rsa());
    assert_eq!(Trust::own(&[&root]).judges(&[&leaf]), Verdict::Trusted);
    assert_eq!(Trust::bundled(&[&root]).judges(&[&leaf]), Verdict::Trusted);
}

#[test]
fn own_intermediates_fill_in_what_the_peer_does_not_send() {
    let [leaf, intermediate, root] = three(ca("root"));
    let own = Trust::own(&[&intermediate, &root]);
    assert_eq!(own.judges(&[&leaf]), Verdict::Trusted);
    let mixed = Trust::bundled(&[&root]).and_own(&[&intermediate]);
    assert_eq!(mixed.judges(&[&leaf]), Verdict::Trusted);
}

#[test]
fn an_own_intermediate_does_not_make_up_for_its_root() {
    let [leaf, intermediate, root] = three(expired(ca("root")));
    let trust = Trust::bundled(&[&root]).and_own(&[&intermediate]);
    assert_eq!(trust.judges(&[&leaf]), Verdict::Expired);
}

#[test]
fn own_cas_are_trusted_beside_bundled_roots() {
    let (bundled, extra) = (three(ca("bundled")), three(ca("extra")));
    let trust = Trust::bundled(&[&bundled[2]]).and_own(&[&extra[2]]);
    for [leaf, intermediate, _] in [&bundled, &extra] {
        assert_eq!(trust.judges(&[leaf, intermediate]), Verdict::Trusted);
    }
}

#[test]
fn an_intermediate_is_no_root_even_if_it_is_an_own_ca() {
    let [leaf, intermediate, _] = three(ca("root"));
    let trust = Trust::own(&[&intermediate]);
    assert_eq!(trust.judges(&[&leaf]), Verdict::Unknown);
    assert_eq!(trust.judges(&[&leaf, &intermediate]), Verdict::Unknown);
    let trust = Trust::bundled(&[&intermediate]);
    assert_eq!(trust.judges(&[&leaf]), Verdict::Unknown);
}

#[test]
fn a_root_out_of_date_trusts_nobody() {
    assert_eq!(both(&three(expired(ca("root")))), [Verdict::Expired; 2]);
    assert_eq!(
        both(&three(not_yet_valid(ca("root")))),
        [Verdict::NotYetValid; 2]
    );
}

#[test]
fn an_intermediate_out_of_date_is_not_passed() {
    let root = Party::self_signed(ca("root"));
    for (params, verdict) in [
        (expired(ca("intermediate")), Verdict::Expired),
        (not_yet_valid(ca("intermediate")), Verdict::NotYetValid),
    ] {
        let intermediate = root.issue(params);
        let leaf = intermediate.issue(server());
        assert_eq!(both(&[leaf, intermediate, root_again(&root)]), [verdict; 2]);
    }
}

fn root_again(root: &Party) -> Party {
    let (params, key, der) = (root.params.clone(), root.same_key(), root.der.clone());
    Party { params, key, der }
}

#[test]
fn the_leafs_dates_come_before_whatever_else_is_wrong() {
    let stranger = Party::self_signed(ca("stranger"));
    let nobody = Trust::default();
    let leaf = stranger.issue(with(expired(server()), |p| {
        p.extended_key_usages.push(CLIENTS);
    }));
    assert_eq!(nobody.judges(&[&leaf]), Verdict::Expired);
    let leaf = stranger.issue(not_yet_valid(server()));
    assert_eq!(nobody.judges_for(None, &[&leaf]), Verdict::NotYetValid);
}

#[test]
fn a_root_that_is_no_ca_trusts_nobody() {
    for not_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let chain = three(with(ca("root"), |p| p.is_ca = not_ca));
        assert_eq!(both(&chain), [Verdict::Undecided; 2]);
    }
}

#[test]
fn a_root_has_a_longest_path() {
    let chain = three(path_len(ca("root"), 0));
    assert_eq!(both(&chain), [Verdict::PathLength, Verdict::Undecided]);
    assert_eq!(both(&three(path_len(ca("root"), 1))), [Verdict::Trusted; 2]);
}

#[test]
fn an_intermediate_has_a_longest_path() {
    let root = Party::self_signed(ca("root"));
    let upper = root.issue(path_len(ca("upper"), 0));
    let lower = upper.issue(ca("lower"));
    let leaf = lower.issue(server());
    for trust in [Trust::own(&[&root]), Trust::bundled(&[&root])] {
        assert_eq!(trust.judges(&[&leaf, &lower, &upper]), Verdict::PathLength);
    }
}

#[test]
fn the_longest_path_is_no_reason_where_openssl_stops_before_it() {
    let root = Party::self_signed(path_len(ca("root"), 0));
    let intermediate = root.issue(ca("intermediate"));
    let namesake = intermediate.issue(named("intermediate"));
    let verdict = Trust::own(&[&root]).judges(&[&namesake, &intermediate]);
    assert_eq!(verdict, Verdict::Undecided);
}

#[test]
fn the_longest_path_is_no_reason_where_openssl_does_not_find_the_root() {
    let root = Party::self_signed(path_len(ca("root"), 0));
    let upper = root.issue(ca("upper"));
    let lower = upper.issue(ca("lower"));
    let leaf = lower.issue(server());
    let chain = [&leaf, &lower, &upper];
    let trust = Trust::own(&[&root]);
    assert_eq!(trust.judges(&chain), Verdict::PathLength);
    let trust = Trust::own(&[&root, &lower]);
    assert_eq!(trust.judges(&chain), Verdict::Undecided);
}

#[test]
fn openssl_does_not_count_a_ca_that_changed_its_key() {
    let signed = |params| with(params, naming_its_issuer);
    let root = Party::self_signed(signed(path_len(ca("root"), 0)));
    let rollover = root.issue(signed(ca("root")));
    let leaf = rollover.issue(signed(server()));
    let own = Trust::own(&[&root]).judges(&[&leaf, &rollover]);
    let bundled = Trust::bundled(&[&root]).judges(&[&leaf, &rollover]);
    assert_eq!([own, bundled], [Verdict::Undecided, Verdict::Trusted]);
}

#[test]
fn a_root_for_clients_trusts_no_server() {
    let chain = three(with(ca("root"), |p| p.extended_key_usages.push(CLIENTS)));
    assert_eq!(both(&chain), [Verdict::Purpose, Verdict::Undecided]);
}

#[test]
fn a_leaf_or_intermediate_for_clients_is_of_the_wrong_purpose() {
    let root = Party::self_signed(ca("root"));
    let leaf = root.issue(with(server(), |p| p.extended_key_usages.push(CLIENTS)));
    let intermediate = root.issue(with(ca("i"), |p| p.extended_key_usages.push(CLIENTS)));
    let below = intermediate.issue(server());
    for trust in [Trust::own(&[&root]), Trust::bundled(&[&root])] {
        assert_eq!(trust.judges(&[&leaf]), Verdict::Purpose);
        assert_eq!(trust.judges(&[&below, &intermediate]), Verdict::Purpose);
    }
}

#[test]
fn a_reason_is_only_told_where_nothing_else_is_wrong() {
    let root = Party::self_signed(ca("root"));
    let leaf = root.issue(with(server(), |p| p.extended_key_usages.push(CLIENTS)));
    assert_eq!(Trust::default().judges(&[&leaf]), Verdict::Undecided);

    let old = root.issue(expired(ca("old")));
    let leaf = old.issue(server());
    assert_eq!(Trust::default().judges(&[&leaf, &old]), Verdict::Undecided);
    let young = root.issue(not_yet_valid(ca("young")));
    let leaf = young.issue(server());
    let verdict = Trust::default().judges(&[&leaf, &young]);
    assert_eq!(verdict, Verdict::Undecided);
    let young = Party::self_signed(not_yet_valid(ca("root")));
    let old = young.issue(expired(ca("old")));
    let leaf = old.issue(server());
    let trust = Trust::own(&[&young]);
    assert_eq!(trust.judges(&[&leaf, &old]), Verdict::Undecided);

    let upper = root.issue(path_len(ca("upper"), 0));
    let lower = upper.issue(ca("lower"));
    let leaf = lower.issue(server());
    for chain in [
        &[&leaf, &lower, &upper][..],
        &[&leaf, &lower, &upper, &root],
    ] {
        assert_eq!(Trust::default().judges(chain), Verdict::Undecided);
    }
}

#[test]
fn server_gated_cryptography_is_left_to_openssl() {
    for oid in [
        &[1, 3, 6, 1, 4, 1, 311, 10, 3, 3][..],
        &[2, 16, 840, 1, 113730, 4, 1],
    ] {
        let gated = ExtendedKeyUsagePurpose::Other(oid.to_vec());
        let root = Party::self_signed(ca("root"));
        let leaf = root.issue(with(server(), |p| p.extended_key_usages.push(gated)));
        assert_eq!(Trust::own(&[&root]).judges(&[&leaf]), Verdict::Undecided);
    }
}

#[test]
fn a_root_with_an_unknown_critical_extension_trusts_nobody() {
    let chain = three(extended(ca("root"), unknown(true)));
    assert_eq!(both(&chain), [Verdict::Undecided; 2]);
    let chain = three(extended(ca("root"), unknown(false)));
    assert_eq!(both(&chain), [Verdict::Trusted; 2]);
}

#[test]
fn a_root_that_may_not_sign_certificates_trusts_nobody() {
    let chain = three(with(ca("root"), |p| {
        p.key_usages = vec![KeyUsagePurpose::CrlSign]
    }));
    assert_eq!(both(&chain), [Verdict::Undecided; 2]);
}

#[test]
fn a_certificate_of_a_roots_name_and_key_is_not_that_root() {
    let root = Party::self_signed(expired(ca("root")));
    let twin = Party::self_signed_by(ca("root"), root.same_key());
    let leaf = root.issue(server());
    for trust in [Trust::own(&[&root]), Trust::bundled(&[&root])] {
        assert_eq!(trust.judges(&[&leaf, &twin]), Verdict::Undecided);
    }
}

#[test]
fn a_root_of_the_same_name_and_another_key_is_a_stranger() {
    let [leaf, intermediate, _] = three(ca("root"));
    let other = Party::self_signed(ca("root"));
    for trust in [Trust::own(&[&other]), Trust::bundled(&[&other])] {
        assert_eq!(trust.judges(&[&leaf, &intermediate]), Verdict::Undecided);
    }
}

#[test]
fn a_good_path_wins_over_a_bad_one() {
    let old = Party::self_signed(expired(ca("old")));
    let new = Party::self_signed(ca("new"));
    let cross = old.issue_for(ca("new"), new.same_key());
    let leaf = new.issue(server());
    let renewed = Party::self_signed_by(ca("old"), old.same_key());
    for trust in [
        Trust::own(&[&old, &new]),
        Trust::bundled(&[&old, &new]),
        Trust::bundled(&[&old]).and_own(&[&new]),
        Trust::own(&[&old, &renewed]),
        Trust::bundled(&[&old, &renewed]),
    ] {
        assert_eq!(trust.judges(&[&leaf, &cross]), Verdict::Trusted);
    }
    assert_eq!(
        Trust::own(&[&old]).judges(&[&leaf, &cross]),
        Verdict::Expired
    );
}

#[test]
fn a_stranger_is_unknown() {
    let [leaf, intermediate, root] = three(ca("root"));
    let alone = Party::self_signed(server());
    for chain in [
        &[&leaf][..],
        &[&leaf, &intermediate],
        &[&leaf, &intermediate, &root],
        &[&alone],
    ] {
        assert_eq!(Trust::default().judges(chain), Verdict::Unknown);
    }
}

#[test]
fn a_ca_as_a_server_is_for_javascript_to_label() {
    let root = Party::self_signed(ca("root"));
    let leaf = root.issue(with(server(), |p| p.is_ca = ca("").is_ca));
    assert_eq!(Trust::own(&[&root]).judges(&[&leaf]), Verdict::Unknown);
}

#[test]
fn version_1_is_for_javascript_to_label_in_a_leaf_and_for_node_in_a_ca() {
    let [leaf, intermediate, root] = three(ca("root"));
    let trust = Trust::own(&[&root]);
    let old = leaf.in_version_1(&intermediate.key);
    let chain = [old, intermediate.der.clone()];
    assert_eq!(trust.judges_der(None, &chain), Verdict::Unknown);
    let old = intermediate.in_version_1(&root.key);
    let chain = [leaf.der.clone(), old];
    assert_eq!(trust.judges_der(None, &chain), Verdict::Undecided);

    let old = Party {
        der: root.in_version_1(&root.key),
        ..root
    };
    for trust in [Trust::own(&[&old]), Trust::bundled(&[&old])] {
        assert_eq!(trust.judges(&[&leaf, &intermediate]), Verdict::Undecided);
    }
}

#[test]
fn what_webpki_knows_less_of_than_openssl_is_left_to_openssl() {
    let root = Party::self_signed(ca("root"));
    let any_policy = tlv(0x30, &tlv(0x30, &tlv(0x06, &[0x55, 0x1d, 0x20, 0x00])));
    let policies = extension(&[2, 5, 29, 32], true, any_policy);
    let strict = root.issue(extended(server(), policies));
    assert_eq!(Trust::own(&[&root]).judges(&[&strict]), Verdict::Undecided);

    let name = rcgen::GeneralSubtree::DirectoryName(named("server").distinguished_name);
    let constrained = with(ca("constrained"), |p| {
        p.name_constraints = Some(rcgen::NameConstraints {
            permitted_subtrees: vec![name],
            excluded_subtrees: vec![],
        });
    });
    let constrained = Party::self_signed(constrained);
    let leaf = constrained.issue(server());
    let trust = Trust::own(&[&constrained]);
    assert_eq!(trust.judges(&[&leaf]), Verdict::Undecided);
}

#[test]
fn a_bad_signature_is_left_to_openssl() {
    let root = Party::self_signed(ca("root"));
    let leaf = root.issue(server());
    let mut forged = leaf.der.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let verdict = Trust::own(&[&root]).judges_der(None, &[forged.into()]);
    assert_eq!(verdict, Verdict::Undecided);
}

#[test]
fn a_leaf_is_for_the_names_and_addresses_it_lists() {
    let root = Party::self_signed(ca("root"));
    let leaf = root.issue(with(server(), |p| {
        let names = ["*.wild.test", "10.0.0.1", "::1"].map(|name| name.to_owned());
        let more = rcgen::CertificateParams::new(names).unwrap();
        p.subject_alt_names.extend(more.subject_alt_names);
    }));
    let trust = Trust::own(&[&root]);
    for identity in [HOST, "HOST.test", "a.wild.test", "10.0.0.1", "::1"] {
        let verdict = trust.judges_for(Some(identity), &[&leaf]);
        assert_eq!(verdict, Verdict::Trusted, "{identity}");
    }
    for identity in [
        "server",
        "a.b.wild.test",
        "wild.test",
        "10.0.0.2",
        "",
        "-",
        "n\u{e9}",
    ] {
        let verdict = trust.judges_for(Some(identity), &[&leaf]);
        assert_eq!(verdict, Verdict::Identity, "{identity}");
    }
    assert_eq!(trust.judges_for(None, &[&leaf]), Verdict::Trusted);
}

#[test]
fn a_name_does_not_make_up_for_a_chain() {
    let leaf = Party::self_signed(ca("root")).issue(server());
    let verdict = Trust::default().judges_for(Some("other.test"), &[&leaf]);
    assert_eq!(verdict, Verdict::Unknown);
}

#[test]
fn certificates_of_no_use_do_no_harm() {
    let [leaf, intermediate, root] = three(ca("root"));
    let noise = [b"noise".to_vec(), vec![], vec![0x30, 0x82, 0xff, 0xff]];
    let roots = Roots::new(noise.to_vec(), [&noise[..], &[root.der.to_vec()]].concat());
    let noise = noise.map(CertificateDer::from);
    let chain = [
        &leaf.der,
        &noise[0],
        &noise[1],
        &noise[2],
        &intermediate.der,
    ];
    let chain = chain.map(CertificateDer::clone);
    assert_eq!(
        judge(&roots, &chain, Some(HOST), now()).verdict,
        Verdict::Trusted
    );
    assert_eq!(judge(&roots, &[], None, now()).verdict, Verdict::Undecided);
    assert_eq!(
        judge(&roots, &chain[1..], None, now()).verdict,
        Verdict::Undecided
    );
}

#[test]
fn a_peer_cannot_make_us_search_for_ever() {
    // Each signs the next as well as any other: as many paths as there are orders.
    let key = KeyPair::generate().unwrap();
    let key = || KeyPair::try_from(key.serialized_der()).unwrap();
    let names: Vec<String> = (0..40).map(|n| format!("ca {n}")).collect();
    let mut chain = vec![Party::self_signed_by(ca("ca 0"), key()).issue(server()).der];
    for subject in &names {
        for issuer in &names[..5] {
            let issuer = Party::self_signed_by(ca(issuer), key());
            chain.push(issuer.issue_for(ca(subject), key()).der);
        }
    }
    let root = Party::self_signed_by(expired(ca("ca 1")), key());
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    assert_ne!(judge(&roots, &chain, None, now()).verdict, Verdict::Trusted);
}

fn good_chain() -> (Roots, [Vec<u8>; 2]) {
    let [leaf, intermediate, root] = three(ca("root"));
    let roots = Roots::new(vec![root.der.to_vec()], vec![root.der.to_vec()]);
    (roots, [leaf.der.to_vec(), intermediate.der.to_vec()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_mutated_chain_is_never_trusted_and_never_a_panic(
        which in 0..2_usize,
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
        cut in any::<bool>(),
    ) {
        use std::sync::LazyLock;
        static GOOD: LazyLock<(Roots, [Vec<u8>; 2])> = LazyLock::new(good_chain);
        let (roots, chain) = &*GOOD;
        let verdict = |chain: &[Vec<u8>; 2]| {
            let chain = chain.clone().map(CertificateDer::from);
            judge(roots, &chain, Some(HOST), now()).verdict
        };
        prop_assert_eq!(verdict(chain), Verdict::Trusted);
        let mut mutated = chain.clone();
        let at = at.index(mutated[which].len());
        match cut {
            true => mutated[which].truncate(at),
            false => mutated[which][at] ^= flip,
        }
        prop_assert_ne!(verdict(&mutated), Verdict::Trusted);
        // Nor does a mutated root do harm; whether it still parses is as may be.
        Roots::new(mutated.to_vec(), mutated.to_vec());
    }
}
