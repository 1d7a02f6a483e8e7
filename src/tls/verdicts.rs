//! Verdicts, remembered: the servers of a context show the same chains again and again, and a
//! judgement costs as much as the handshake around it.

use std::collections::VecDeque;
use std::sync::Mutex;

use rustls::pki_types::{CertificateDer, UnixTime};

use super::chains::Chain;
use super::facts::Facts;
use super::judge::{Judgement, Verdict, judge};
use super::roots::Roots;
use super::vetted::Unvetted;
use crate::lock::lock;

/// Verdicts that a context remembers.
const REMEMBERED_MAX: usize = 64;

/// The verdicts of one set of roots.
#[derive(Default)]
pub(super) struct Verdicts {
    /// Whether good chains are to be vetted.
    vets: bool,
    known: Mutex<VecDeque<Known>>,
}

/// What decides: the same chain for the same identity is as good or bad as it was until a
/// certificate that was looked at becomes valid or invalid.
struct Known {
    chain: u64,
    identity: Option<String>,
    verdict: Verdict,
    from: u64,
    until: u64,
}

impl Verdicts {
    pub(super) fn new(vets: bool) -> Self {
        Self {
            vets,
            ..Self::default()
        }
    }

    /// As `judge`; with what is to be vetted before the verdict counts.
    pub(super) fn judge(
        &self,
        roots: &Roots,
        chain: &Chain,
        identity: Option<&str>,
        now: UnixTime,
    ) -> (Verdict, Option<Unvetted>) {
        if let Some(verdict) = self.find(chain, identity, now) {
            return (verdict, None);
        }
        let Judgement { verdict, path } = judge(roots, chain, identity, now);
        let unvetted = match self.vets && !path.is_empty() {
            true => Unvetted::new(chain, path),
            false => None,
        };
        if unvetted.is_none()
            && let Some(until) = next_change(roots, chain, now)
        {
            let mut known = lock(&self.known);
            if known.len() == REMEMBERED_MAX {
                known.pop_front();
            }
            known.push_back(Known {
                chain: chain.id(),
                identity: identity.map(str::to_owned),
                verdict,
                from: now.as_secs(),
                until,
            });
        }
        (verdict, unvetted)
    }

    fn find(&self, chain: &Chain, identity: Option<&str>, now: UnixTime) -> Option<Verdict> {
        let known = lock(&self.known);
        let found = known.iter().find(|known| {
            known.chain == chain.id()
                && (known.from..known.until).contains(&now.as_secs())
                && known.identity.as_deref() == identity
        });
        found.map(|known| known.verdict)
    }
}

/// When the next of the certificates that a judgement looks at begins or ceases to be valid, at the
/// end of time where none will; None where one can't be read.
fn next_change(roots: &Roots, chain: &[CertificateDer<'_>], now: UnixTime) -> Option<u64> {
    let mut read = chain
        .iter()
        .map(|der| Facts::read(der))
        .collect::<Option<Vec<_>>>()?;
    let names: Vec<&[u8]> = read.iter().map(Facts::issuer).collect();
    for trusted in roots.candidates(names.into_iter())? {
        read.push(Facts::read(&trusted.der)?);
    }
    let dates = read
        .iter()
        .flat_map(|facts| <[i64; 2]>::from(facts.validity()));
    let dates = dates.filter_map(|date| u64::try_from(date).ok());
    // Of a date's own second nobody says on which side of it that is.
    let now = now.as_secs();
    let ahead = dates.filter(|date| *date >= now).min();
    Some(ahead.map_or(u64::MAX, |date| date.max(now.saturating_add(1))))
}

#[cfg(test)]
mod tests;
