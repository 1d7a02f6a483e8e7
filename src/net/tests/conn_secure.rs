//! A connection over TLS: what may come while it is parked, and how it ends.

use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::loopback::*;
use super::pair::*;
use crate::net::Event;
use crate::net::conn::Conn;
use crate::tls::{Handshake, Kind};

fn site(version: &'static SupportedProtocolVersion, asks: bool) -> (Handshake, ServerConfig) {
    let site = Site::new();
    let mut config = site.server(version);
    config.enable_secret_extraction = true;
    let asking = Handshake {
        asks,
        ..handshake(&site.context(spec(version)))
    };
    (asking, config)
}

/// A connection that was used once. The server has said all that it had to say.
async fn used(version: &'static SupportedProtocolVersion) -> Loopback {
    let (handshake, config) = site(version, false);
    let mut loopback = Loopback::new(handshake, config).await;
    loopback.until_secured().await;
    loopback.write(b"one");
    loopback.until(|this| this.far.heard == b"one").await;
    loopback.far.say(b"answer");
    loopback.until(|this| this.data_len(0) == 6).await;
    loopback
}

async fn parked(version: &'static SupportedProtocolVersion) -> Loopback {
    let loopback = used(version).await;
    assert!(loopback.gate.park(true));
    loopback
}

fn is_shut(event: &Event) -> bool {
    matches!(event, Event::Shut { .. })
}

/// Nobody asked for the first part of this record. Its rest, and `behind` it another record, come
/// after a request.
async fn assert_nothing_comes_of(behind: &[u8]) {
    let mut loopback = parked(&TLS13).await;
    loopback.far.say(b"HTTP/1.1 408 unasked");
    let mut record = loopback.far.ciphertext();
    let mut rest = record.split_off(10);
    loopback.deliver(&record).await;
    assert!(loopback.gate.claim());
    loopback.write(b"two");
    loopback.until(|this| this.far.heard == b"onetwo").await;
    loopback.far.say(behind);
    rest.extend(loopback.far.ciphertext());
    loopback.deliver(&rest).await;
    loopback.until_event(is_killed).await;
    assert_eq!(loopback.data_len(1), 0);
    assert!(!loopback.gate.is_alive());
}

#[test]
fn a_record_begun_while_parked_is_not_the_next_response() {
    on_a_reactor(assert_nothing_comes_of(b""));
}

#[test]
fn nothing_behind_a_record_begun_while_parked_is_the_next_response() {
    on_a_reactor(assert_nothing_comes_of(b"more of it"));
}

#[test]
fn a_record_begun_behind_a_response_is_not_the_next_response() {
    on_a_reactor(async {
        for version in VERSIONS {
            let mut loopback = used(version).await;
            loopback.far.say(b"more");
            let mut more = loopback.far.ciphertext();
            loopback.far.say(b"HTTP/1.1 408 unasked");
            let unasked = loopback.far.ciphertext();
            let (first, rest) = unasked.split_at(10);
            more.extend(first);
            loopback.deliver(&more).await;
            loopback.until(|this| this.data_len(0) == 10).await;
            assert!(loopback.gate.park(true));
            assert!(loopback.gate.claim());
            loopback.write(b"two");
            loopback.until(|this| this.far.heard == b"onetwo").await;
            loopback.deliver(rest).await;
            loopback
                .until(|this| this.has(is_killed) || this.data_len(1) > 0)
                .await;
            assert_eq!(loopback.data_len(1), 0, "{version:?}");
        }
    });
}

#[test]
fn a_record_begun_while_parked_kills_in_tls_1_2() {
    on_a_reactor(async {
        let mut loopback = parked(&TLS12).await;
        loopback.far.say(b"HTTP/1.1 408 unasked");
        let record = loopback.far.ciphertext();
        loopback.deliver(&record[..10]).await;
        loopback.until_event(is_killed).await;
        assert!(!loopback.gate.claim());
    });
}

#[test]
fn the_response_behind_new_keys_begun_while_parked_is_the_next_response() {
    on_a_reactor(async {
        let mut loopback = parked(&TLS13).await;
        loopback.far.conn.refresh_traffic_keys().unwrap();
        let mut keys = loopback.far.ciphertext();
        let rest = keys.split_off(10);
        loopback.deliver(&keys).await;
        assert!(loopback.gate.claim());
        loopback.write(b"two");
        loopback.until(|this| this.far.heard == b"onetwo").await;
        loopback.far.say(b"answer");
        let answer = loopback.far.ciphertext();
        loopback.deliver(&[rest, answer].concat()).await;
        loopback.until(|this| this.data_len(1) == 6).await;
        assert!(loopback.gate.is_alive());
    });
}

/// A parked connection, and the tickets that the server has not sent.
async fn parked_without_tickets() -> (Loopback, Vec<u8>) {
    let (handshake, config) = site(&TLS13, false);
    let mut loopback = Loopback::new(handshake, config).await;
    loopback.is_silent = true;
    loopback.until(|this| this.far.conn.wants_write()).await;
    let flight = loopback.far.ciphertext();
    loopback.deliver(&flight).await;
    loopback.until_secured().await;
    assert!(loopback.gate.park(true));
    let tickets = loopback.far.ciphertext();
    (loopback, tickets)
}

fn sessions(loopback: &Loopback) -> u32 {
    let counts = loopback.events.iter().map(|event| match event {
        Event::Sessions { count, .. } => *count,
        _ => 0,
    });
    counts.sum()
}

async fn assert_serves(mut loopback: Loopback) {
    loopback.is_silent = false;
    assert!(loopback.gate.claim());
    loopback.write(b"request");
    loopback.until(|this| this.far.heard == b"request").await;
    loopback.far.say(b"answer");
    loopback.until(|this| this.data_len(1) == 6).await;
    assert!(!loopback.has(is_killed));
}

#[test]
fn tickets_do_no_harm_while_parked() {
    on_a_reactor(async {
        let (mut loopback, tickets) = parked_without_tickets().await;
        loopback.deliver(&tickets).await;
        loopback.until(|this| sessions(this) == 2).await;
        assert!(loopback.gate.is_alive());
        assert_serves(loopback).await;
    });
}

#[test]
fn new_keys_do_no_harm_while_parked() {
    on_a_reactor(async {
        let mut loopback = parked(&TLS13).await;
        loopback.far.conn.refresh_traffic_keys().unwrap();
        let keys = loopback.far.ciphertext();
        loopback.deliver(&keys).await;
        assert!(loopback.gate.is_alive());
        loopback.far.heard.clear();
        assert_serves(loopback).await;
    });
}

#[test]
fn a_ticket_begun_while_parked_does_no_harm_to_the_next_response() {
    on_a_reactor(async {
        let (mut loopback, tickets) = parked_without_tickets().await;
        let (first, rest) = tickets.split_at(10);
        loopback.deliver(first).await;
        assert!(loopback.gate.claim());
        loopback.write(b"request");
        loopback.until(|this| this.far.heard == b"request").await;
        loopback.far.say(b"answer");
        let answer = loopback.far.ciphertext();
        loopback.deliver(&[rest, &answer].concat()).await;
        loopback.until(|this| this.data_len(1) == 6).await;
        assert_eq!(sessions(&loopback), 2);
        assert!(loopback.gate.is_alive());
    });
}

#[test]
fn data_kills_a_parked_connection() {
    on_a_reactor(async {
        for version in VERSIONS {
            let mut loopback = parked(version).await;
            loopback.far.say(b"HTTP/1.1 408 unasked");
            loopback.until_event(is_killed).await;
            assert!(!loopback.gate.claim());
            assert_eq!(loopback.data_len(0), 6);
        }
    });
}

#[test]
fn close_notify_kills_a_parked_connection() {
    on_a_reactor(async {
        for version in VERSIONS {
            let mut loopback = parked(version).await;
            loopback.far.conn.send_close_notify();
            loopback.until_event(is_killed).await;
            assert!(!loopback.gate.claim());
        }
    });
}

#[test]
fn an_end_without_close_notify_kills_a_parked_connection() {
    on_a_reactor(async {
        for version in VERSIONS {
            let mut loopback = parked(version).await;
            loopback.close_far();
            loopback.until_event(is_killed).await;
            assert!(!loopback.gate.claim());
        }
    });
}

#[test]
fn a_hello_request_kills_a_parked_connection() {
    on_a_reactor(async {
        let mut loopback = parked(&TLS12).await;
        let request = loopback.far.hello_request();
        loopback.deliver(&request).await;
        loopback.until_event(is_killed).await;
        assert!(!loopback.gate.claim());
    });
}

#[test]
fn a_shutdown_in_the_handshake_is_not_lost() {
    on_a_reactor(async {
        for version in VERSIONS {
            let (handshake, config) = site(version, false);
            let mut loopback = Loopback::new(handshake, config).await;
            loopback.is_silent = true;
            loopback.with(Conn::shutdown);
            loopback
                .until(|this| this.is_ended && this.has(is_shut))
                .await;
            loopback.close_far();
            loopback
                .until_event(|event| {
                    matches!(event, Event::TlsFailed { failure, .. }
                        if failure.kind == Kind::Eof && failure.handshaking)
                })
                .await;
        }
    });
}

#[test]
fn a_shutdown_before_the_verdict_waits_for_it() {
    on_a_reactor(async {
        for version in VERSIONS {
            let (handshake, config) = site(version, true);
            let mut loopback = Loopback::new(handshake, config).await;
            loopback.until_event(is_secured).await;
            loopback.write(b"last");
            loopback.with(Conn::shutdown);
            loopback.with(|conn, _| conn.proceed());
            loopback
                .until(|this| this.is_ended && this.has(is_shut))
                .await;
            assert!(loopback.far.is_closed);
            assert_eq!(loopback.far.heard, b"last");
        }
    });
}

#[test]
fn an_end_before_the_verdict_is_seen_after_it() {
    on_a_reactor(async {
        for version in VERSIONS {
            let (handshake, config) = site(version, true);
            let mut loopback = Loopback::new(handshake, config).await;
            loopback.until_event(is_secured).await;
            loopback.close_far();
            loopback.with(|conn, _| conn.proceed());
            loopback
                .until_event(|event| matches!(event, Event::End { .. }))
                .await;
            assert!(!loopback.gate.is_alive());
        }
    });
}
