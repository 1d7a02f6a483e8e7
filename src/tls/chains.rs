//! The chains that a context's servers have shown. Connections to one server share one copy, and
//! what is thought of it goes by its number.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::CertificateDer;

use crate::lock::lock;

/// Chains that a context remembers.
const REMEMBERED_MAX: usize = 64;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Certificates as a server has sent them, leaf first.
#[derive(Debug)]
pub struct Chain {
    id: u64,
    certificates: Box<[CertificateDer<'static>]>,
}

impl Chain {
    pub(super) fn new(certificates: &[CertificateDer<'static>]) -> Arc<Self> {
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            certificates: certificates.into(),
        })
    }

    /// Unique in the process. A chain that was forgotten gets another when it is met again.
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl Deref for Chain {
    type Target = [CertificateDer<'static>];

    fn deref(&self) -> &Self::Target {
        &self.certificates
    }
}

#[derive(Debug)]
pub(super) struct Chains {
    none: Arc<Chain>,
    /// The one met last comes first.
    known: Mutex<VecDeque<Arc<Chain>>>,
}

impl Default for Chains {
    fn default() -> Self {
        Self {
            none: Chain::new(&[]),
            known: Mutex::default(),
        }
    }
}

impl Chains {
    /// The chain without a certificate.
    pub(super) fn none(&self) -> Arc<Chain> {
        self.none.clone()
    }

    /// The chain of these certificates.
    pub(super) fn share(&self, certificates: &[CertificateDer<'static>]) -> Arc<Chain> {
        let mut known = lock(&self.known);
        let at = known.iter().position(|chain| ***chain == *certificates);
        let chain = match at.and_then(|at| known.remove(at)) {
            Some(chain) => chain,
            None => Chain::new(certificates),
        };
        known.push_front(chain.clone());
        known.truncate(REMEMBERED_MAX);
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ders(of: &[u8]) -> Vec<CertificateDer<'static>> {
        of.iter().map(|byte| vec![*byte].into()).collect()
    }

    #[test]
    fn connections_to_several_servers_share_their_chains() {
        let chains = Chains::default();
        let (one, other) = (chains.share(&ders(b"ab")), chains.share(&ders(b"a")));
        assert_ne!(one.id(), other.id());
        for _ in 0..2 {
            assert!(Arc::ptr_eq(&one, &chains.share(&ders(b"ab"))));
            assert!(Arc::ptr_eq(&other, &chains.share(&ders(b"a"))));
        }
    }

    #[test]
    fn the_chain_that_was_not_met_for_longest_is_forgotten() {
        let chains = Chains::default();
        let (kept, lost) = (chains.share(&ders(b"k")), chains.share(&ders(b"l")));
        for n in 2..REMEMBERED_MAX {
            chains.share(&ders(&[0, n as u8]));
        }
        chains.share(&kept);
        chains.share(&ders(b"new"));
        assert_eq!(lock(&chains.known).len(), REMEMBERED_MAX);
        assert_eq!(chains.share(&ders(b"k")).id(), kept.id());
        assert_ne!(chains.share(&ders(b"l")).id(), lost.id());
    }
}
