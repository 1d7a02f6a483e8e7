//! Chains that the runtime's own TLS library has looked at too, and found nothing to refuse.
//!
//! That asks JavaScript, and its event loop's time. It depends on the certificates' bytes alone, so
//! once is enough for all contexts, agents and threads of the process.

use std::collections::{HashSet, VecDeque};
use std::sync::{LazyLock, Mutex};

use aws_lc_rs::digest::{Context, SHA256};
use rustls::pki_types::CertificateDer;

use crate::lock::lock;

/// Chains that the process remembers, by digests of 32 bytes.
const REMEMBERED_MAX: usize = 4096;

type Digest = [u8; 32];

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Known {
    digests: HashSet<Digest>,
    /// The oldest first.
    order: VecDeque<Digest>,
}

impl Known {
    fn add(&mut self, digest: Digest) {
        if !self.digests.insert(digest) {
            return;
        }
        self.order.push_back(digest);
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.digests.remove(&oldest);
        }
    }
}

/// A server's certificates that only this crate has looked at.
#[derive(Debug)]
pub struct Unvetted {
    /// From the leaf to the root that is trusted.
    pub path: Vec<CertificateDer<'static>>,
    digest: Digest,
}

impl Unvetted {
    /// `None` where the chain that the server has sent, and the path through it, are known.
    pub(super) fn new(
        chain: &[CertificateDer<'_>],
        path: Vec<CertificateDer<'static>>,
    ) -> Option<Self> {
        let digest = digest(chain, &path);
        let unvetted = Self { path, digest };
        (!unvetted.is_known()).then_some(unvetted)
    }

    /// Whether another connection's have been vetted meanwhile.
    pub fn is_known(&self) -> bool {
        lock(&KNOWN).digests.contains(&self.digest)
    }

    /// They have been found good.
    pub fn vet(&self) {
        lock(&KNOWN).add(self.digest);
    }
}

fn digest(chain: &[CertificateDer<'_>], path: &[CertificateDer<'_>]) -> Digest {
    let mut hash = Context::new(&SHA256);
    for certificates in [chain, path] {
        hash.update(&certificates.len().to_be_bytes());
        for der in certificates {
            hash.update(&der.len().to_be_bytes());
            hash.update(der);
        }
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(hash.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(of: &[&'static [u8]]) -> Vec<CertificateDer<'static>> {
        of.iter().copied().map(CertificateDer::from).collect()
    }

    #[test]
    fn a_chain_is_vetted_once_for_its_bytes_and_its_path() {
        let (sent, path) = (chain(&[b"leaf", b"ca"]), chain(&[b"leaf", b"ca", b"root"]));
        let first = Unvetted::new(&sent, path.clone()).unwrap();
        let second = Unvetted::new(&sent, path.clone()).unwrap();
        first.vet();
        assert!(second.is_known());
        assert!(Unvetted::new(&sent, path.clone()).is_none());
        let other = chain(&[b"leaf", b"ca", b"toor"]);
        assert!(Unvetted::new(&sent, other).is_some());
        assert!(Unvetted::new(&chain(&[b"leafc", b"a"]), path.clone()).is_some());
        assert!(Unvetted::new(&sent[..1], path).is_some());
    }

    #[test]
    fn no_more_chains_are_remembered_than_there_is_room_for() {
        let mut known = Known::default();
        let digest = |n: usize| {
            let mut digest = Digest::default();
            digest[..8].copy_from_slice(&n.to_be_bytes());
            digest
        };
        for n in 0..=REMEMBERED_MAX {
            known.add(digest(n));
            known.add(digest(n));
        }
        assert_eq!(known.digests.len(), REMEMBERED_MAX);
        assert_eq!(known.order.len(), REMEMBERED_MAX);
        assert!(!known.digests.contains(&digest(0)));
        assert!(known.digests.contains(&digest(REMEMBERED_MAX)));
    }
}
