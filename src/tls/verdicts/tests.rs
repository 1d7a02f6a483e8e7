use std::time::Duration;

use rcgen::date_time_ymd;

use super::super::fixtures::*;
use super::*;

fn later(secs: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(now().as_secs() + secs))
}

fn chain(parties: &[&Party]) -> Arc<[CertificateDer<'static>]> {
    parties.iter().map(|party| party.der.clone()).collect()
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
fn a_chain_that_is_not_trusted_is_judged_each_time() {
    let (root, stranger) = (
        Party::self_signed(ca("root")),
        Party::self_signed(ca("other")),
    );
    let leaf = stranger.issue(server());
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    let (chain, verdicts) = (chain(&[&leaf]), Verdicts::default());
    verdicts.judge(&roots, &chain, Some(HOST), now());
    assert!(!verdicts.knows(&chain, Some(HOST), now()));
}

#[test]
fn no_more_chains_are_remembered_than_there_is_room_for() {
    let root = Party::self_signed(ca("root"));
    let roots = Roots::new(vec![], vec![root.der.to_vec()]);
    let verdicts = Verdicts::default();
    let leaves: Vec<_> = (0..=REMEMBERED_MAX).map(|_| root.issue(server())).collect();
    for leaf in &leaves {
        verdicts.judge(&roots, &chain(&[leaf]), Some(HOST), now());
    }
    assert!(!verdicts.knows(&chain(&[&leaves[0]]), Some(HOST), now()));
    assert!(verdicts.knows(&chain(&[&leaves[REMEMBERED_MAX]]), Some(HOST), now()));
}
