use std::sync::Arc;
use std::time::Duration;

use rcgen::date_time_ymd;

use super::super::fixtures::*;
use super::*;

fn later(secs: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() + secs))
}

fn chain(parties: &[&Party]) -> Arc<Chain> {
    let ders: Vec<_> = parties.iter().map(|party| party.der.clone()).collect();
    Chain::new(&ders)
}

impl Verdicts {
    fn knows(&self, chain: &Chain, identity: Option<&str>, now: UnixTime) -> bool {
        self.find(chain, identity, now).is_some()
    }
}

#[test]
fn a_good_chain_is_known_for_its_identity_until_a_certificate_expires() {
    let root = Party::self_signed(with(ca("root"), |p| {
        p.not_after = date_time_ymd(2026, 1, 1)
    }));
    let leaf = root.issue(server());
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    let (chain, verdicts) = (chain(&[&leaf]), Verdicts::default());

    assert!(!verdicts.knows(&chain, Some(HOST), now()));
    let (judged, _) = verdicts.judge(&roots, &chain, Some(HOST), now());
    assert_eq!(judged, Verdict::Trusted);
    assert!(verdicts.knows(&chain, Some(HOST), now()));
    assert!(!verdicts.knows(&chain, Some("other.test"), now()));
    assert!(!verdicts.knows(&chain, None, now()));
    let year = later(365 * 24 * 3600);
    assert!(!verdicts.knows(&chain, Some(HOST), year));
    let (judged, _) = verdicts.judge(&roots, &chain, Some(HOST), year);
    assert_eq!(judged, Verdict::Expired);
    // A clock that was put back asks anew.
    let before = UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() - 1));
    assert!(!verdicts.knows(&chain, Some(HOST), before));
}

#[test]
fn a_refusal_is_known_until_a_certificate_becomes_valid() {
    let root = Party::self_signed(ca("root"));
    let leaf = root.issue(with(server(), |p| p.not_before = date_time_ymd(2026, 1, 1)));
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    let (chain, verdicts) = (chain(&[&leaf]), Verdicts::default());
    let (judged, _) = verdicts.judge(&roots, &chain, Some(HOST), now());
    assert_eq!(judged, Verdict::NotYetValid);
    assert_eq!(verdicts.find(&chain, Some(HOST), now()), Some(judged));
    let year = later(365 * 24 * 3600);
    assert!(!verdicts.knows(&chain, Some(HOST), year));
    let (judged, _) = verdicts.judge(&roots, &chain, Some(HOST), year);
    assert_eq!(judged, Verdict::Trusted);
}

#[test]
fn each_kind_of_verdict_is_known() {
    let (root, stranger) = (
        Party::self_signed(ca("root")),
        Party::self_signed(ca("other")),
    );
    let past = with(server(), |p| {
        p.not_before = date_time_ymd(2000, 1, 1);
        p.not_after = date_time_ymd(2001, 1, 1);
    });
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    let verdicts = Verdicts::default();
    for (leaf, identity, expected) in [
        (stranger.issue(server()), HOST, Verdict::Unknown),
        (root.issue(server()), "other.test", Verdict::Identity),
        (root.issue(past), HOST, Verdict::Expired),
    ] {
        let chain = chain(&[&leaf]);
        let (judged, _) = verdicts.judge(&roots, &chain, Some(identity), now());
        assert_eq!(judged, expected);
        assert_eq!(verdicts.find(&chain, Some(identity), now()), Some(judged));
    }
}

#[test]
fn what_holds_in_the_last_second_of_an_issuer_is_not_known_in_the_next() {
    let root = Party::self_signed(ca("root"));
    let issuer = root.issue(with(ca("issuer"), |p| {
        p.not_after = date_time_ymd(2026, 1, 1);
    }));
    let leaf = issuer.issue(server());
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    let (chain, verdicts) = (chain(&[&leaf, &issuer]), Verdicts::default());
    let (_, last) = Facts::read(&issuer.der).unwrap().validity();
    let at = |secs| UnixTime::since_unix_epoch(Duration::from_secs(secs));
    let last = u64::try_from(last).unwrap();
    verdicts.judge(&roots, &chain, Some(HOST), at(last));
    let (judged, _) = verdicts.judge(&roots, &chain, Some(HOST), at(last + 1));
    assert_eq!(
        judged,
        judge(&roots, &chain, Some(HOST), at(last + 1)).verdict
    );
    assert_ne!(judged, Verdict::Trusted);
}

#[test]
fn no_more_verdicts_are_remembered_than_there_is_room_for() {
    let root = Party::self_signed(ca("root"));
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    let verdicts = Verdicts::default();
    let chains: Vec<_> = (0..=REMEMBERED_MAX)
        .map(|_| chain(&[&root.issue(server())]))
        .collect();
    for chain in &chains {
        verdicts.judge(&roots, chain, Some(HOST), now());
    }
    assert!(!verdicts.knows(&chains[0], Some(HOST), now()));
    assert!(verdicts.knows(&chains[REMEMBERED_MAX], Some(HOST), now()));
}
