//! Good verdicts, remembered: the servers of a context show the same chains again and again, and a
//! judgement costs as much as the handshake around it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, UnixTime};

use super::facts::Facts;
use super::judge::{Judgement, Verdict, judge};
use super::roots::Roots;
use super::vetted::Unvetted;
use crate::lock::lock;

/// Chains that a context remembers.
const REMEMBERED_MAX: usize = 64;

/// The verdicts of one set of roots.
#[derive(Default)]
pub(super) struct Verdicts {
    /// Whether good chains are to be vetted.
    vets: bool,
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
        chain: &Arc<[CertificateDer<'static>]>,
        identity: Option<&str>,
        now: UnixTime,
    ) -> (Verdict, Option<Unvetted>) {
        if self.knows(chain, identity, now) {
            return (Verdict::Trusted, None);
        }
        let Judgement { verdict, path } = judge(roots, chain, identity, now);
        let unvetted = match self.vets && !path.is_empty() {
            true => Unvetted::new(chain, path),
            false => None,
        };
        if verdict == Verdict::Trusted
            && unvetted.is_none()
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
        (verdict, unvetted)
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
    for trusted in roots.candidates(names.into_iter())? {
        read.push(Facts::read(&trusted.der)?);
    }
    let dates = read
        .iter()
        .flat_map(|facts| <[i64; 2]>::from(facts.validity()));
    let dates = dates.filter_map(|date| u64::try_from(date).ok());
    dates.filter(|date| *date > now.as_secs()).min()
}

#[cfg(test)]
mod tests;
