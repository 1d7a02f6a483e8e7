//! Sessions: who resumes whose, and how often.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::pair::*;
use crate::tls::{Context, ContextSpec, Facts, Handshake, Session, Verdict};

/// A server that takes a ticket as often as it comes: that one is used once is the client's doing.
fn forgetful(site: &Site, version: &'static SupportedProtocolVersion) -> Arc<ServerConfig> {
    let mut config = site.server(version);
    config.ticketer = Ticketer::new().unwrap();
    Arc::new(config)
}

fn resuming(context: &Arc<Context>, session: &Session) -> Handshake {
    Handshake {
        session: Some(session.id()),
        ..handshake(context)
    }
}

/// The session that a full handshake founds.
fn found(handshake: Handshake, config: &Arc<ServerConfig>) -> Session {
    let (pair, facts) = Pair::settled(handshake, config);
    assert!(!facts.resumed);
    let session = facts.hold_session();
    assert_eq!(facts.session, Some(session.id()));
    assert!(pair.sessions.iter().all(|(id, _)| *id == session.id()));
    session
}

fn assert_resumed(facts: &Facts) {
    assert!(facts.resumed);
    assert_eq!(facts.verdict, Verdict::Trusted);
    assert_eq!(facts.session, None);
    assert!(facts.certificates.is_empty());
}

#[test]
fn a_ticket_of_tls_1_3_is_used_once() {
    let site = Site::new();
    let config = forgetful(&site, &TLS13);
    let context = site.context(spec(&TLS13));
    let session = found(handshake(&context), &config);
    for _ in 0..2 {
        let (mut pair, facts) = Pair::settled(resuming(&context, &session), &config);
        assert_resumed(&facts);
        assert!(pair.sessions.iter().all(|(id, _)| *id != session.id()));
        pair.write(b"request");
        assert_eq!(pair.far.heard, b"request");
    }
    let (_, facts) = Pair::settled(resuming(&context, &session), &config);
    assert!(!facts.resumed);
}

#[test]
fn a_resumed_connection_of_tls_1_3_founds_sessions_of_its_own() {
    let site = Site::new();
    let config = forgetful(&site, &TLS13);
    let context = site.context(spec(&TLS13));
    let session = found(handshake(&context), &config);
    let (pair, facts) = Pair::settled(resuming(&context, &session), &config);
    let own = facts.hold_session();
    assert_eq!(pair.sessions[0].0, own.id());
    let (_, facts) = Pair::settled(resuming(&context, &own), &config);
    assert_resumed(&facts);
}

#[test]
fn a_session_of_tls_1_2_is_used_as_often_as_it_is_good() {
    let site = Site::new();
    for tickets in [true, false] {
        let config = if tickets {
            forgetful(&site, &TLS12)
        } else {
            Arc::new(site.server(&TLS12))
        };
        let context = site.context(ContextSpec {
            tickets,
            ..spec(&TLS12)
        });
        let (pair, facts) = Pair::settled(handshake(&context), &config);
        assert!(facts.has_session);
        assert!(pair.sessions.is_empty());
        let session = facts.hold_session();
        for _ in 0..3 {
            let (mut pair, facts) = Pair::settled(resuming(&context, &session), &config);
            assert_resumed(&facts);
            assert!(!facts.has_session);
            pair.write(b"request");
            assert_eq!(pair.far.heard, b"request");
        }
    }
}

#[test]
fn a_context_does_not_resume_anothers_session() {
    let site = Site::new();
    for version in VERSIONS {
        let config = forgetful(&site, version);
        let [mine, anothers] = [(); 2].map(|()| site.context(spec(version)));
        let session = found(handshake(&anothers), &config);
        let (_, facts) = Pair::settled(resuming(&mine, &session), &config);
        assert!(!facts.resumed);
        assert!(!facts.certificates.is_empty());
    }
}

#[test]
fn another_identity_does_not_resume() {
    let site = Site::new();
    for version in VERSIONS {
        let config = forgetful(&site, version);
        let context = site.context(spec(version));
        let session = found(handshake(&context), &config);
        let other = Handshake {
            identity: OTHER_HOST.to_owned(),
            ..resuming(&context, &session)
        };
        let (_, facts) = Pair::settled(other, &config);
        assert!(!facts.resumed);
        // The session is there for whom it is.
        let (_, facts) = Pair::settled(resuming(&context, &session), &config);
        assert_resumed(&facts);
    }
}

#[test]
fn a_server_that_was_not_accepted_is_not_resumed() {
    let site = Site::new();
    let config = forgetful(&site, &TLS12);
    let context = site.context(spec(&TLS12));
    let mut pair = Pair::new(asking(handshake(&context)), &config);
    let session = pair.shake().hold_session();
    let mut again = Pair::new(asking(resuming(&context, &session)), &config);
    assert!(!again.shake().resumed);
    pair.near.proceed();
    let mut again = Pair::new(asking(resuming(&context, &session)), &config);
    assert!(again.shake().resumed);
}

#[test]
fn an_unknown_session_is_ignored() {
    let site = Site::new();
    let context = site.context(spec(&TLS13));
    let config = forgetful(&site, &TLS13);
    let unknown = Handshake {
        session: Some(u64::MAX),
        ..handshake(&context)
    };
    let (_, facts) = Pair::settled(unknown, &config);
    assert!(!facts.resumed);
}

#[test]
fn a_session_that_nobody_holds_ends_with_its_connection() {
    let site = Site::new();
    for version in VERSIONS {
        let config = forgetful(&site, version);
        let context = site.context(spec(version));
        let id = found(handshake(&context), &config).id();
        let forgotten = Handshake {
            session: Some(id),
            ..handshake(&context)
        };
        let (_, facts) = Pair::settled(forgotten, &config);
        assert!(!facts.resumed);
    }
}
