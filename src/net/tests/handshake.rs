//! From the first flight to the verdict, and what holds in between.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{
    AlertDescription, Error, HandshakeKind, NamedGroup, RootCertStore, SupportedProtocolVersion,
};

use super::pair::*;
use crate::net::secure::{Incoming, Secure};
use crate::tls::fixtures::{HOST, server};
use crate::tls::{ContextSpec, Failure, Handshake, Kind, Verdict};

const APPLICATION_DATA: u8 = 23;

/// Reads in such steps until nothing comes, and writes whenever something is left on the way:
/// mostly in the middle of a message. Answers how often it has written.
fn drip(pair: &mut Pair, step: usize) -> usize {
    let mut writes = 0;
    loop {
        pair.turn();
        match pair.read_at_most(step) {
            Incoming::Some | Incoming::Secured(_) => {}
            Incoming::Nothing => return writes,
            incoming => panic!("{:?}", failure(incoming)),
        }
        if pair.near.is_open() && !pair.wire.is_empty() {
            pair.write(b"x");
            writes += 1;
        }
    }
}

#[test]
fn every_split_of_every_flight() {
    let site = Site::new();
    for version in VERSIONS {
        let mut config = site.server(version);
        config.max_fragment_size = Some(64);
        let config = Arc::new(config);
        for step in [1, 2, 3, 5, 7, 11, 64, 500] {
            let context = site.context(spec(version));
            let mut pair = Pair::new(handshake(&context), &config);
            let mut writes = drip(&mut pair, step);
            assert!(pair.near.is_open(), "{version:?} in steps of {step}");
            assert!(!pair.far.conn.is_handshaking());
            pair.say(&[7; 1000]);
            writes += drip(&mut pair, step);
            assert_eq!(pair.data, [7; 1000]);
            assert!(writes > 0);
            assert_eq!(pair.far.heard, vec![b'x'; writes]);
            let tickets: u32 = pair.sessions.iter().map(|(_, count)| count).sum();
            assert_eq!(tickets, if minor(version) == 3 { 2 } else { 0 });
        }
    }
}

#[test]
fn a_false_handshake_signature_fails_with_all_that_follows_it_in_its_record() {
    let site = Site::new();
    let other = site.root.issue(server());
    let key = PrivateKeyDer::try_from(other.key.serialize_der()).unwrap();
    let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
    let false_key = CertifiedKey::new(vec![site.leaf.der.clone()], key);
    let false_key = Arc::new(SingleCertAndKey::from(false_key));
    for version in VERSIONS {
        let mut config = site.server(version);
        config.cert_resolver = false_key.clone();
        let context = site.context(spec(version));
        let mut pair = Pair::new(handshake(&context), &Arc::new(config));
        pair.turn();
        let encrypted = records(&pair.wire)
            .into_iter()
            .filter(|kind| *kind == APPLICATION_DATA);
        assert_eq!(encrypted.count(), usize::from(minor(version) == 3));
        let expected = Failure {
            kind: Kind::BadSignature,
            alert: 0,
            minor: minor(version),
            handshaking: true,
            refused: false,
        };
        assert_eq!(failure(pair.read()), expected);
        let told = Error::AlertReceived(AlertDescription::DecryptError);
        assert_eq!(pair.flush(), Err(told));
    }
}

#[test]
fn half_rtt_data_waits_for_the_verdict_and_comes_before_the_first_write() {
    let site = Site::new();
    let mut config = site.server(&TLS13);
    config.send_half_rtt_data = true;
    let context = site.context(spec(&TLS13));
    let mut pair = Pair::new(asking(handshake(&context)), &Arc::new(config));
    pair.turn();
    pair.say(b"early");
    assert_eq!(pair.shake().verdict, Verdict::Identity);
    assert!(pair.data.is_empty());

    pair.near.proceed();
    assert!(!pair.near.is_open());
    assert!(pair.near.must_read());
    pair.flush().unwrap();
    assert!(matches!(pair.read(), Incoming::Some));
    assert_eq!(pair.data, b"early");
    assert!(pair.near.is_open());
    pair.write(b"request");
    assert_eq!(pair.far.heard, b"request");
}

#[test]
fn nothing_leaves_before_the_connection_is_accepted() {
    let site = Site::new();
    let mut near = Secure::new(handshake(&site.context(spec(&TLS13)))).unwrap();
    let mut sent = vec![];
    assert!(near.is_held());
    assert!(!near.wants_write());
    assert!(!near.may_end());
    near.flush(&mut taking_all(&mut sent)).unwrap();
    assert!(sent.is_empty());

    near.proceed();
    assert!(near.must_read());
    near.flush(&mut taking_all(&mut sent)).unwrap();
    assert_eq!(records(&sent), [22]);
}

#[test]
fn nothing_leaves_while_held() {
    let site = Site::new();
    let client = site.root.issue(server());
    let mut roots = RootCertStore::empty();
    roots.add(site.root.der.clone()).unwrap();
    let provider = aws_lc_rs::default_provider();
    let clients = WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::new(aws_lc_rs::default_provider()),
    );
    let config = site.server_by(&TLS13, provider, clients.build().unwrap());
    let context = site.context(ContextSpec {
        certificate: Some((vec![client.der.to_vec()], client.key.serialize_der())),
        ..spec(&TLS13)
    });
    let mut pair = Pair::new(asking(handshake(&context)), &Arc::new(config));
    pair.shake();
    assert!(pair.near.is_held());

    let before = pair.sent.len();
    assert!(!pair.near.wants_write());
    assert!(!pair.near.may_end());
    pair.turn();
    assert_eq!(pair.sent.len(), before);
    assert!(pair.far.conn.peer_certificates().is_none());

    pair.near.proceed();
    pair.settle();
    let shown = pair.far.conn.peer_certificates().unwrap();
    assert_eq!(shown, [client.der]);
    assert!(!pair.far.is_closed);
    pair.write(b"request");
    assert_eq!(pair.far.heard, b"request");
}

#[test]
fn a_server_that_is_not_trusted_is_told_nothing() {
    let (site, stranger) = (Site::new(), Site::new());
    let context = site.context(spec(&TLS13));
    let config = Arc::new(stranger.server(&TLS13));
    let mut pair = Pair::new(handshake(&context), &config);
    assert_ne!(pair.shake().verdict, Verdict::Trusted);
    let before = pair.sent.len();
    pair.turn();
    assert_eq!(pair.sent.len(), before);
    assert!(pair.far.conn.is_handshaking());
}

#[test]
fn a_hello_retry_request_is_obeyed_once_and_then_foreseen() {
    let site = Site::new();
    let config = Arc::new(site.server_of(NamedGroup::secp256r1));
    let context = site.context(spec(&TLS13));
    for expected in [
        HandshakeKind::FullWithHelloRetryRequest,
        HandshakeKind::Full,
    ] {
        let (mut pair, facts) = Pair::settled(handshake(&context), &config);
        assert_eq!(facts.group, P256);
        assert_eq!(pair.far.conn.handshake_kind(), Some(expected));
        pair.write(b"request");
        assert_eq!(pair.far.heard, b"request");
    }
}

#[test]
fn ip_hosts_do_not_share_hints() {
    let site = Site::new();
    let context = site.context(spec(&TLS13));
    let kind = |ip: &str, group| {
        let unnamed = Handshake {
            server_name: None,
            identity: ip.to_owned(),
            ..handshake(&context)
        };
        let (pair, facts) = Pair::settled(unnamed, &Arc::new(site.server_of(group)));
        assert_eq!(facts.verdict, Verdict::Trusted);
        assert_eq!(pair.far.conn.server_name(), None);
        pair.far.conn.handshake_kind().unwrap()
    };
    let [first, second] = IP_HOSTS;
    let retried = HandshakeKind::FullWithHelloRetryRequest;
    assert_eq!(kind(first, NamedGroup::secp256r1), retried);
    assert_eq!(kind(second, NamedGroup::X25519), HandshakeKind::Full);
    assert_eq!(kind(first, NamedGroup::secp256r1), HandshakeKind::Full);
}

fn eof(minor: u8) -> Failure {
    Failure {
        kind: Kind::Eof,
        alert: 0,
        minor,
        handshaking: true,
        refused: minor == 0,
    }
}

#[test]
fn an_end_before_the_servers_first_byte_is_a_failure() {
    for version in VERSIONS {
        let site = Site::new();
        let context = site.context(spec(version));
        let mut pair = Pair::new(handshake(&context), &Arc::new(site.server(version)));
        pair.flush().unwrap();
        assert_eq!(failure(pair.read_eof()), eof(0));
    }
}

#[test]
fn an_end_within_the_servers_flight_is_a_failure() {
    for version in VERSIONS {
        let site = Site::new();
        let context = site.context(spec(version));
        let mut config = site.server(version);
        config.max_fragment_size = Some(64);
        let mut pair = Pair::new(handshake(&context), &Arc::new(config));
        pair.turn();
        let most = pair.wire.len() - 1;
        assert!(matches!(pair.read_at_most(most), Incoming::Some));
        assert_eq!(failure(pair.read_eof()), eof(minor(version)));
    }
}

#[test]
fn an_end_in_place_of_the_servers_finished_is_a_failure() {
    let [version, _] = VERSIONS;
    let site = Site::new();
    let context = site.context(spec(version));
    let mut pair = Pair::new(handshake(&context), &Arc::new(site.server(version)));
    pair.turn();
    assert!(matches!(pair.read(), Incoming::Some));
    pair.turn();
    assert!(!pair.far.conn.is_handshaking());
    assert_eq!(failure(pair.read_eof()), eof(2));
}

/// A connection just secured: what came behind the end of the handshake was not looked at.
fn just_secured(version: &'static SupportedProtocolVersion, asks: bool) -> Pair {
    let site = Site::new();
    let asking = Handshake {
        asks,
        ..handshake(&site.context(spec(version)))
    };
    let mut pair = Pair::new(asking, &Arc::new(site.server(version)));
    pair.shake();
    pair
}

#[test]
fn an_end_right_behind_the_handshake_is_the_servers_last_byte() {
    for version in VERSIONS {
        let mut pair = just_secured(version, false);
        assert!(matches!(pair.read_eof(), Incoming::Some));
        assert!(matches!(pair.read_eof(), Incoming::End));
    }
}

#[test]
fn an_end_while_held_is_seen_after_the_verdict() {
    for version in VERSIONS {
        let mut pair = just_secured(version, true);
        pair.near.proceed();
        assert!(matches!(pair.read_eof(), Incoming::Some));
        assert!(matches!(pair.read_eof(), Incoming::End));
    }
}

#[test]
fn a_full_scratch_of_undecidable_bytes_is_a_failure_and_no_clean_end() {
    let site = Site::new();
    let context = site.context(spec(&TLS13));
    let mut pair = Pair::new(handshake(&context), &Arc::new(site.server(&TLS13)));
    pair.flush().unwrap();
    // The longest message there can be, of which each record brings a byte.
    let message = [2, 0, 0xff, 0xff].into_iter().chain([0; 0xffff]);
    pair.wire = message.flat_map(|byte| [22, 3, 3, 0, 1, byte]).collect();
    let failed = loop {
        match pair.read() {
            Incoming::Some => {}
            incoming => break failure(incoming),
        }
    };
    assert_eq!(failed.kind, Kind::TooLong);
    assert!(failed.handshaking);
    assert!(!pair.wire.is_empty());
}

#[test]
fn a_good_chain_waits_until_it_has_been_vetted_once() {
    let site = Site::new();
    let config = Arc::new(site.server(&TLS13));
    let shake = |identity: &str| {
        // Another context knows no verdicts.
        let context = site.context(ContextSpec {
            vets: true,
            ..spec(&TLS13)
        });
        let mut pair = Pair::new(
            Handshake {
                identity: identity.to_owned(),
                ..handshake(&context)
            },
            &config,
        );
        let facts = pair.shake();
        (pair.near.is_held(), facts)
    };
    for _ in 0..2 {
        let (is_held, facts) = shake(HOST);
        assert_eq!((is_held, facts.verdict), (true, Verdict::Trusted));
        assert_eq!(facts.unvetted.as_ref().unwrap().path.len(), 2);
    }
    let (_, facts) = shake("nobody.invalid");
    assert_eq!(facts.verdict, Verdict::Identity);
    facts.unvetted.as_ref().unwrap().vet();
    let (is_held, facts) = shake(HOST);
    assert_eq!((is_held, facts.verdict), (false, Verdict::Trusted));
    assert!(facts.unvetted.is_none());
}
