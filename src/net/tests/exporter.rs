//! Keying material is what the server exports, too.

use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use rustls::{NamedGroup, SupportedProtocolVersion};

use super::pair::*;
use crate::net::secure::Incoming;
use crate::tls::{ContextSpec, Facts, Handshake};

const LABEL: &[u8] = b"EXPORTER-oxagent";

/// A warning that goes before the ServerHello: unrecognized_name.
const WARNING: [u8; 7] = [21, 3, 3, 0, 2, 1, 112];

fn assert_same(pair: &Pair, facts: &Facts) {
    for context in [None, Some(&b""[..]), Some(b"context")] {
        for length in [1, 32, 100] {
            let far = &pair.far.conn;
            let theirs = far.export_keying_material(vec![0; length], LABEL, context);
            assert_eq!(facts.export(LABEL, context, length), theirs.ok());
        }
    }
}

fn with_suites(version: &SupportedProtocolVersion, suites: [u16; 2]) -> ContextSpec {
    ContextSpec {
        suites: suites.into(),
        ..spec(version)
    }
}

#[test]
fn keying_material_is_the_servers() {
    let site = Site::new();
    for version in VERSIONS {
        for suites in [AES_128_SHA_256, AES_256_SHA_384] {
            let context = site.context(with_suites(version, suites));
            let config = Arc::new(site.server(version));
            let (mut pair, facts) = Pair::settled(handshake(&context), &config);
            assert!(suites.contains(&facts.suite));
            assert!(facts.export(LABEL, None, 32).is_some());
            assert_same(&pair, &facts);
            // Now the other secrets are forgotten.
            pair.write(b"request");
            assert_same(&pair, &facts);
        }
    }
}

#[test]
fn keying_material_of_a_resumed_connection_is_the_servers() {
    let site = Site::new();
    for version in VERSIONS {
        let context = site.context(spec(version));
        let config = Arc::new(site.server(version));
        let (_, facts) = Pair::settled(handshake(&context), &config);
        let session = facts.hold_session();
        let resuming = Handshake {
            session: Some(session.id()),
            ..handshake(&context)
        };
        let (pair, facts) = Pair::settled(resuming, &config);
        assert!(facts.resumed);
        assert_same(&pair, &facts);
    }
}

/// A server that fragments as told and sends a warning first.
fn warned(fragment: Option<usize>, step: usize) -> (Pair, Arc<Facts>) {
    let site = Site::new();
    let mut config = site.server(&TLS12);
    config.max_fragment_size = fragment;
    let context = site.context(spec(&TLS12));
    let mut pair = Pair::new(handshake(&context), &Arc::new(config));
    pair.wire.extend(WARNING);
    loop {
        pair.turn();
        match pair.read_at_most(step) {
            Incoming::Secured(facts) => return (pair, facts),
            incoming => assert!(matches!(incoming, Incoming::Some)),
        }
    }
}

#[test]
fn keying_material_of_tls_1_2_is_the_servers_behind_a_warning() {
    for step in [1, 7, 64, usize::MAX] {
        let (pair, facts) = warned(None, step);
        assert!(facts.export(LABEL, None, 32).is_some());
        assert_same(&pair, &facts);
    }
}

#[test]
fn keying_material_of_tls_1_2_is_the_servers_where_a_record_splits_its_random() {
    for step in [1, 7, 64, usize::MAX] {
        let (pair, facts) = warned(Some(32), step);
        assert_same(&pair, &facts);
    }
}

#[test]
fn keying_material_of_tls_1_3_is_the_servers_after_a_hello_retry_request() {
    let site = Site::new();
    let context = site.context(spec(&TLS13));
    let config = Arc::new(site.server_of(NamedGroup::secp256r1));
    let (pair, facts) = Pair::settled(handshake(&context), &config);
    assert_same(&pair, &facts);
}
