//! The certificates a program trusts, found by the names that issuers go by.

use std::collections::{HashMap, HashSet};

use rustls::pki_types::CertificateDer;

use super::facts::Facts;

/// What every connection of a context is judged by.
///
/// Bundled roots are Node's own list: complete, each of them a root, and kept by people who
/// check. The program's own CAs may be anything: roots, intermediates, a server's certificate.
#[derive(Debug, Default)]
pub struct Roots {
    by_subject: HashMap<Box<[u8]>, Vec<Trusted>>,
    /// Names of certificates that OpenSSL may know how to read.
    unread: HashSet<Box<[u8]>>,
}

#[derive(Debug)]
pub(super) struct Trusted {
    pub(super) der: CertificateDer<'static>,
    pub(super) list: List,
    /// Only a self-signed certificate ends a path.
    pub(super) is_root: bool,
    issuer: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Bundled,
    Own,
}

impl Roots {
    /// From DER. Like Node, skips what is no certificate; what can't be read well is known by its
    /// name, as OpenSSL might take it.
    pub fn new(bundled: Vec<Vec<u8>>, own: Vec<Vec<u8>>) -> Self {
        let mut roots = Self::default();
        let bundled = bundled.into_iter().map(|der| (der, List::Bundled));
        let own = own.into_iter().map(|der| (der, List::Own));
        for (der, list) in bundled.chain(own) {
            roots.add(der.into(), list);
        }
        roots
    }

    fn add(&mut self, der: CertificateDer<'static>, list: List) {
        let Some(facts) = Facts::read(&der) else {
            self.unread.extend(Facts::subject_of(&der).map(Box::from));
            return;
        };
        let is_root = facts.self_signed();
        let issuer = facts.issuer().into();
        let alike = self.by_subject.entry(facts.subject().into()).or_default();
        if alike
            .iter()
            .all(|known| known.list != list || known.der != der)
        {
            alike.push(Trusted {
                der,
                list,
                is_root,
                issuer,
            });
        }
    }

    fn named(&self, subject: &[u8]) -> impl Iterator<Item = &Trusted> {
        self.by_subject.get(subject).into_iter().flatten()
    }

    /// Whether the program lists this very certificate, and nothing else of the name that its
    /// issuer has.
    pub(super) fn has_no_issuer_but_itself(&self, certificate: &Facts<'_>, der: &[u8]) -> bool {
        let name = certificate.issuer();
        let mut alike = self.named(name).peekable();
        let is_listed = alike.peek().is_some() && !self.unread.contains(name);
        is_listed && alike.all(|known| known.list == List::Own && *known.der == *der)
    }

    /// What chains to these issuers may need: those of that name, and what the program's own of
    /// them lead to. So a judgement costs what its chain is long, however many are trusted. `None`
    /// where one of them can't be read.
    pub(super) fn candidates<'a>(
        &'a self,
        issuers: impl Iterator<Item = &'a [u8]>,
    ) -> Option<Vec<&'a Trusted>> {
        let mut candidates = Vec::new();
        let mut names: Vec<&[u8]> = Vec::new();
        for issuer in issuers {
            note(&mut names, issuer);
        }
        let mut seen = 0;
        while let Some(name) = names.get(seen).copied() {
            seen += 1;
            if self.unread.contains(name) {
                return None;
            }
            for trusted in self.named(name) {
                note(&mut names, &trusted.issuer);
                candidates.push(trusted);
            }
        }
        Some(candidates)
    }
}

fn note<'a>(names: &mut Vec<&'a [u8]>, name: &'a [u8]) {
    if !names.contains(&name) {
        names.push(name);
    }
}

#[cfg(test)]
mod tests;
