//! An established connection: records, keys, alerts, and a kernel that takes little.

use std::io;
use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, Error, SupportedProtocolVersion};

use super::pair::*;
use crate::net::secure::Incoming;
use crate::net::segments::Segments;
use crate::tls::{Failure, Kind};

fn open(version: &'static SupportedProtocolVersion) -> Pair {
    let site = Site::new();
    let context = site.context(spec(version));
    let mut config = site.server(version);
    config.enable_secret_extraction = true;
    Pair::settled(handshake(&context), &Arc::new(config)).0
}

#[test]
fn a_bad_mac_after_the_handshake_fails_and_the_server_is_told() {
    for version in VERSIONS {
        let mut pair = open(version);
        pair.say(b"hello");
        *pair.wire.last_mut().unwrap() ^= 1;
        let expected = Failure {
            kind: Kind::BadMac,
            alert: 0,
            minor: minor(version),
            handshaking: false,
            refused: false,
        };
        assert_eq!(failure(pair.read()), expected);
        assert!(pair.data.is_empty());
        let told = Error::AlertReceived(AlertDescription::BadRecordMac);
        assert_eq!(pair.flush(), Err(told));
    }
}

#[test]
fn new_keys_that_are_asked_for_while_a_record_is_partial_are_used_at_once() {
    let mut pair = open(&TLS13);
    pair.sent.clear();
    let mut writes = 0;
    for _ in 0..40 {
        pair.far.conn.refresh_traffic_keys().unwrap();
        pair.say(b"hello");
        while !pair.wire.is_empty() {
            assert!(matches!(pair.read_at_most(9), Incoming::Some));
            pair.write(b"x");
            writes += 1;
        }
    }
    assert_eq!(pair.data, b"hello".repeat(40));
    assert_eq!(pair.far.heard, vec![b'x'; writes]);
    assert_eq!(records(&pair.sent).len(), writes + 40);
}

#[test]
fn close_notify_right_after_the_verdict_follows_the_handshake() {
    for version in VERSIONS {
        let site = Site::new();
        let context = site.context(spec(version));
        let config = Arc::new(site.server(version));
        let mut pair = Pair::new(asking(handshake(&context)), &config);
        pair.shake();
        pair.near.proceed();
        assert!(!pair.near.may_end());
        pair.turn();
        assert!(!pair.far.conn.is_handshaking());
        assert!(!pair.far.is_closed);

        assert!(matches!(pair.read(), Incoming::Some));
        assert!(pair.near.may_end());
        pair.near.close_notify();
        pair.near.close_notify();
        let before = pair.sent.len();
        pair.flush().unwrap();
        assert!(pair.far.is_closed);
        assert_eq!(records(&pair.sent[before..]).len(), 1);
    }
}

#[test]
fn the_servers_close_notify_ends_what_it_has_said() {
    for version in VERSIONS {
        let mut pair = open(version);
        pair.far.say(b"last");
        pair.far.conn.send_close_notify();
        pair.pull();
        assert!(matches!(pair.read(), Incoming::End));
        assert_eq!(pair.data, b"last");
        // We may speak on.
        pair.write(b"more");
        assert_eq!(pair.far.heard, b"more");
    }
}

#[test]
fn an_end_in_the_middle_of_a_record_is_an_end() {
    for version in VERSIONS {
        let mut pair = open(version);
        pair.say(b"hello");
        assert!(matches!(pair.read_at_most(9), Incoming::Some));
        assert!(matches!(pair.read_eof(), Incoming::End));
        assert!(pair.data.is_empty());
    }
}

/// Writes by a kernel that takes `most` bytes and then none, in turns.
fn write_slowly(pair: &mut Pair, plaintext: &[u8], most: usize) {
    let mut sent = vec![];
    let mut is_blocked = true;
    let mut write = |bytes: &[u8]| {
        is_blocked = !is_blocked;
        if is_blocked {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = bytes.len().min(most);
        sent.extend(&bytes[..len]);
        Ok(len)
    };
    let mut answered = 0;
    // Each call writes something, and records are longer than what is in them.
    for _ in 0..2 * plaintext.len() / most + 200 {
        if answered == plaintext.len() {
            break;
        }
        match pair
            .near
            .write(&plaintext[answered..], Segments::ANY, &mut write)
        {
            Ok(taken) => {
                answered += taken;
                assert!(!pair.near.wants_write(), "answered for too early");
            }
            Err(err) => assert_eq!(err.kind(), io::ErrorKind::WouldBlock),
        }
    }
    assert_eq!(answered, plaintext.len());
    pair.far.hear(&sent).unwrap();
}

#[test]
fn a_blocked_kernel_is_answered_once() {
    for version in VERSIONS {
        for (len, most) in [(1, 1), (20_000, 1), (300_000, 4096)] {
            let mut pair = open(version);
            let plaintext: Vec<u8> = (0..len).map(|at: usize| at.to_le_bytes()[0]).collect();
            write_slowly(&mut pair, &plaintext, most);
            assert_eq!(pair.far.heard, plaintext);
            pair.write(b"next");
            assert!(pair.far.heard.ends_with(b"next"));
        }
    }
}

#[test]
fn a_blocked_kernel_gets_new_keys_once() {
    let mut pair = open(&TLS13);
    for _ in 0..3 {
        pair.far.conn.refresh_traffic_keys().unwrap();
        pair.pull();
        assert!(matches!(pair.read(), Incoming::Some));
        write_slowly(&mut pair, b"hello", 1);
    }
    assert_eq!(pair.far.heard, b"hello".repeat(3));
}

/// Writes so that a tail is left; answers what was sent.
fn leave_tail(pair: &mut Pair, plaintext: &[u8]) -> Vec<u8> {
    let mut sent = vec![];
    let taken = pair
        .near
        .write(plaintext, Segments(1_000), &mut taking_all(&mut sent));
    assert_eq!(taken.unwrap(), plaintext.len());
    assert!(pair.near.is_holding());
    assert_eq!(sent.len() % 1_000, 0);
    sent
}

#[test]
fn a_tail_leaves_with_what_follows() {
    for version in VERSIONS {
        let mut pair = open(version);
        let plaintext: Vec<u8> = (0..90_000).map(|at: usize| at.to_le_bytes()[0]).collect();
        let (one, rest) = plaintext.split_at(50_500);
        let (two, three) = rest.split_at(30_500);
        let mut sent = leave_tail(&mut pair, one);
        sent.extend(leave_tail(&mut pair, two));
        pair.far.hear(&sent).unwrap();
        assert!((50_500..81_000).contains(&pair.far.heard.len()));
        pair.write(three);
        assert!(!pair.near.is_holding());
        assert_eq!(pair.far.heard, plaintext);
    }
}

#[test]
fn a_tail_leaves_alone_when_nothing_follows() {
    let mut pair = open(&TLS13);
    let sent = leave_tail(&mut pair, &[7; 20_500]);
    pair.far.hear(&sent).unwrap();
    pair.flush().unwrap();
    assert!(!pair.near.is_holding());
    assert_eq!(pair.far.heard, [7; 20_500]);
}

#[test]
fn a_tail_leaves_before_what_tls_has_to_say() {
    let mut pair = open(&TLS13);
    let sent = leave_tail(&mut pair, &[7; 20_500]);
    pair.far.hear(&sent).unwrap();
    pair.far.conn.refresh_traffic_keys().unwrap();
    pair.pull();
    assert!(matches!(pair.read(), Incoming::Some));
    assert!(pair.near.wants_write());
    pair.write(b"next");
    let sent = leave_tail(&mut pair, &[8; 20_500]);
    pair.far.hear(&sent).unwrap();
    pair.near.close_notify();
    assert!(!pair.near.is_holding());
    pair.flush().unwrap();
    let all = [&[7; 20_500][..], b"next", &[8; 20_500]].concat();
    assert_eq!(pair.far.heard, all);
    assert!(pair.far.is_closed);
}

#[test]
fn a_blocked_kernel_gets_a_tail_once() {
    let mut pair = open(&TLS13);
    let mut sent = leave_tail(&mut pair, &[7; 20_500]);
    let mut room = 3_000;
    let mut write = |bytes: &[u8]| {
        let len = bytes.len().min(room);
        room -= len;
        sent.extend(&bytes[..len]);
        if len > 0 {
            Ok(len)
        } else {
            Err(io::ErrorKind::WouldBlock.into())
        }
    };
    let blocked = pair.near.write(&[8; 20_500], Segments(1_000), &mut write);
    assert_eq!(blocked.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert!(!pair.near.is_holding() && pair.near.wants_write());
    let taken = pair
        .near
        .write(&[8; 20_500], Segments(1_000), &mut taking_all(&mut sent));
    assert_eq!(taken.unwrap(), 20_500);
    pair.far.hear(&sent).unwrap();
    assert_eq!(pair.far.heard, [[7; 20_500], [8; 20_500]].concat());
}

#[test]
fn a_failure_of_the_kernel_is_the_writers() {
    let mut pair = open(&TLS13);
    let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
    let failed = pair
        .near
        .write(b"hello", Segments::ANY, &mut |_| Err(reset()));
    assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn what_nobody_asked_for_is_told_from_tickets_and_keys() {
    let mut pair = open(&TLS13);
    pair.far.conn.refresh_traffic_keys().unwrap();
    pair.pull();
    assert!(matches!(pair.read_unasked(), Incoming::Some));
    pair.say(b"unasked");
    assert!(matches!(pair.read_unasked(), Incoming::Unsolicited));

    let mut pair = open(&TLS12);
    pair.say(b"unasked");
    assert!(matches!(pair.read_unasked(), Incoming::Unsolicited));
    assert!(pair.data.is_empty());

    for version in VERSIONS {
        let mut pair = open(version);
        pair.far.conn.send_close_notify();
        pair.pull();
        assert!(matches!(pair.read_unasked(), Incoming::End));
    }
}

#[test]
fn tickets_that_nobody_asked_for_are_taken() {
    let site = Site::new();
    let context = site.context(spec(&TLS13));
    let mut pair = Pair::new(handshake(&context), &Arc::new(site.server(&TLS13)));
    pair.shake();
    pair.turn();
    assert!(matches!(pair.read_unasked(), Incoming::Some));
    assert!(matches!(pair.read_unasked(), Incoming::Some));
    let counts: Vec<_> = pair.sessions.iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [2]);
}

#[test]
fn a_hello_request_that_nobody_asked_for_is_unsolicited() {
    let mut pair = open(&TLS12);
    pair.wire = pair.far.hello_request();
    assert!(matches!(pair.read_unasked(), Incoming::Unsolicited));
    assert_eq!(pair.hello_requests, 1);
}

#[test]
fn a_hello_request_to_who_waits_is_told_and_declined() {
    const ALERT: u8 = 21;

    let mut pair = open(&TLS12);
    pair.wire = pair.far.hello_request();
    assert!(matches!(pair.read(), Incoming::Some));
    assert_eq!(pair.hello_requests, 1);
    let mut sent = vec![];
    let mut write = |bytes: &[u8]| {
        sent.extend(bytes);
        Ok(bytes.len())
    };
    pair.near.flush(&mut write).unwrap();
    assert_eq!(records(&sent), [ALERT]);
    assert!(pair.near.is_open());
}
