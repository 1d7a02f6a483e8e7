//! Good verdicts, remembered: the servers of a context show the same chains again and again, and a
//! judgement costs as much as the handshake around it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, UnixTime};

use super::facts::Facts;
use super::judge::{Verdict, judge};
use super::roots::Roots;
use crate::lock::lock;

/// Chains that a context remembers.
const REMEMBERED_MAX: usize = 64;

/// The verdicts of one set of roots.
#[derive(Default)]
pub(super) struct Verdicts {
    good: Mutex<VecDeque<Good>>,
}

/// What decides: the same chain for the same identity is as good as it was until a certificate that
/// was looked at becomes valid or invalid.
struct Good {
    chain: Arc<[CertificateDer<'static>]>,
    identity: Option<String>,
    from: u64,
    until: u64,
}

impl Verdicts {
    /// As `judge`.
    pub(super) fn judge(
        &self,
        roots: &Roots,
        chain: &Arc<[CertificateDer<'static>]>,
        identity: Option<&str>,
        now: UnixTime,
    ) -> Verdict {
        if self.knows(chain, identity, now) {
            return Verdict::Trusted;
        }
        let verdict = judge(roots, chain, identity, now);
        if verdict == Verdict::Trusted
            && let Some(until) = next_change(roots, chain, now)
        {
            let mut good = lock(&self.good);
            if good.len() == REMEMBERED_MAX {
                good.pop_front();
            }
            good.push_back(Good {
                chain: chain.clone(),
                identity: identity.map(str::to_owned),
                from: now.as_secs(),
                until,
            });
        }
        verdict
    }

    fn knows(&self, chain: &[CertificateDer<'_>], identity: Option<&str>, now: UnixTime) -> bool {
        let good = lock(&self.good);
        good.iter().any(|good| {
            (good.from..good.until).contains(&now.as_secs())
                && good.identity.as_deref() == identity
                && *good.chain == *chain
        })
    }
}

/// When the next of the certificates that a judgement looks at begins or ceases to be valid; None
/// where one can't be read.
fn next_change(roots: &Roots, chain: &[CertificateDer<'_>], now: UnixTime) -> Option<u64> {
    let mut read = chain
        .iter()
        .map(|der| Facts::read(der))
        .collect::<Option<Vec<_>>>()?;
    let names: Vec<&[u8]> = read.iter().map(Facts::issuer).collect();
    for trusted in roots.candidates(names.into_iter()) {
        read.push(Facts::read(&trusted.der)?);
    }
    let dates = read
        .iter()
        .flat_map(|facts| <[i64; 2]>::from(facts.validity()));
    let dates = dates.filter_map(|date| u64::try_from(date).ok());
    dates.filter(|date| *date > now.as_secs()).min()
}

#[cfg(test)]
mod tests {
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
        let judged = verdicts.judge(&roots, &chain, Some(HOST), now());
        assert_eq!(judged, Verdict::Trusted);
        assert!(verdicts.knows(&chain, Some(HOST), now()));
        assert!(!verdicts.knows(&chain, Some("other.test"), now()));
        assert!(!verdicts.knows(&chain, None, now()));
        let year = later(365 * 24 * 3600);
        assert!(!verdicts.knows(&chain, Some(HOST), year));
        let judged = verdicts.judge(&roots, &chain, Some(HOST), year);
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
}
