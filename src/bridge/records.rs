//! The batch: events as fixed records of six words, read by `lib/bridge/events.js`.
//!
//! ```text
//!   word 0   word 1   word 2           word 3    word 4   word 5
//!   kind     conn     detail | errno   writing | refused << 1
//!   DATA     conn     slab             offset    length   epoch
//!   SECURED  conn     verdict | flags  suite | group << 16
//!                                                session id (low, high), 0 for none
//!   WRITTEN  conn     count
//!   SESSIONS conn     id (low)         id (high) count
//!   TLS_FAILED conn   kind             alert | minor << 8 | handshaking << 16 | refused << 17
//! ```
//!
//! The flags of `SECURED`: the minor version << 8, resumed << 10, a protocol (ALPN) << 11,
//! a session << 12, the client's certificate was asked for << 13, a chain that nobody has vetted
//! << 14.

use slab::Slab;

use crate::net::{Event, Syscall};
use crate::tls::{Kind, Verdict};

use super::detail::Detail;

/// Words of a record.
pub(super) const RECORD_WORDS: usize = 6;

/// The low 16 bits of a gate's epoch travel with the data.
const EPOCH_MASK: u32 = 0xffff;

mod kind {
    pub const RESOLVED: i32 = 1;
    pub const ATTEMPT: i32 = 2;
    pub const ATTEMPT_FAILED: i32 = 3;
    pub const CONNECTED: i32 = 4;
    pub const CONNECT_FAILED: i32 = 5;
    pub const DATA: i32 = 6;
    pub const END: i32 = 7;
    pub const FAILED: i32 = 8;
    pub const KILLED: i32 = 9;
    pub const WRITTEN: i32 = 10;
    pub const SHUT: i32 = 11;
    pub const CLOSED: i32 = 12;
    pub const SECURED: i32 = 13;
    pub const SESSIONS: i32 = 14;
    pub const TLS_FAILED: i32 = 15;
    pub const PANICKED: i32 = 16;
    pub const HELLO_REQUEST: i32 = 17;
}

/// One event's record. What does not fit goes to `details`, to be asked for by its key.
pub(super) fn encode(event: Event, details: &mut Slab<Detail>) -> [i32; RECORD_WORDS] {
    use crate::net::Attempt;

    let mut detailed =
        |kind, conn: u32, detail| [kind, conn as i32, details.insert(detail) as i32, 0, 0, 0];
    match event {
        Event::Resolved { conn, addresses } => {
            detailed(kind::RESOLVED, conn, Detail::resolved(&addresses))
        }
        Event::Attempt {
            conn,
            attempt: Attempt::Due(endpoint),
        } => detailed(kind::ATTEMPT, conn, Detail::endpoints([&endpoint])),
        Event::Attempt {
            conn,
            attempt: Attempt::Failed(failure),
        } => detailed(
            kind::ATTEMPT_FAILED,
            conn,
            Detail::failures([&failure], false),
        ),
        Event::Connected { conn, local, peer } => detailed(
            kind::CONNECTED,
            conn,
            Detail::endpoints([&peer].into_iter().chain(&local)),
        ),
        Event::ConnectFailed {
            conn,
            failures,
            several,
        } => detailed(
            kind::CONNECT_FAILED,
            conn,
            Detail::failures(&failures, several),
        ),
        Event::Data { conn, epoch, chunk } => {
            let (offset, len) = (chunk.offset as i32, chunk.len as i32);
            let epoch = (epoch & EPOCH_MASK) as i32;
            [
                kind::DATA,
                conn as i32,
                chunk.slab as i32,
                offset,
                len,
                epoch,
            ]
        }
        Event::End { conn } => plain(kind::END, conn),
        Event::Failed {
            conn,
            syscall,
            code,
            refused,
        } => {
            let writing = i32::from(matches!(syscall, Syscall::Write | Syscall::Shutdown));
            let how = writing | i32::from(refused) << 1;
            [kind::FAILED, conn as i32, -code.abs(), how, 0, 0]
        }
        Event::Secured { conn, facts } => {
            let minor = i32::from(facts.minor) << 8;
            let flags = i32::from(facts.resumed) << 10
                | i32::from(facts.alpn.is_some()) << 11
                | i32::from(facts.has_session) << 12
                | i32::from(facts.asked) << 13
                | i32::from(facts.unvetted.is_some()) << 14;
            let session = facts.session.unwrap_or(0);
            [
                kind::SECURED,
                conn as i32,
                verdict(facts.verdict) | minor | flags,
                i32::from(facts.suite) | i32::from(facts.group) << 16,
                session as i32,
                (session >> 32) as i32,
            ]
        }
        Event::Sessions { conn, id, count } => {
            let (low, high) = (id as u32, (id >> 32) as u32);
            let count = count.min(u32::from(u8::MAX));
            [
                kind::SESSIONS,
                conn as i32,
                low as i32,
                high as i32,
                count as i32,
                0,
            ]
        }
        Event::TlsFailed { conn, failure } => {
            let alert = i32::from(failure.alert);
            let phase = i32::from(failure.minor) << 8
                | i32::from(failure.handshaking) << 16
                | i32::from(failure.refused) << 17;
            [
                kind::TLS_FAILED,
                conn as i32,
                failure_kind(failure.kind),
                alert | phase,
                0,
                0,
            ]
        }
        Event::HelloRequest { conn } => plain(kind::HELLO_REQUEST, conn),
        Event::Panicked { conn } => plain(kind::PANICKED, conn),
        Event::Killed { conn } => plain(kind::KILLED, conn),
        Event::Written { conn, count } => [kind::WRITTEN, conn as i32, count as i32, 0, 0, 0],
        Event::Shut { conn } => plain(kind::SHUT, conn),
        Event::Closed { conn } => plain(kind::CLOSED, conn),
        // `Carriers::collect` keeps it.
        Event::Yielded { conn, .. } => plain(0, conn),
    }
}

/// Indices of `VERDICTS` in `lib/tls-socket-events.js`.
fn verdict(verdict: Verdict) -> i32 {
    match verdict {
        Verdict::Trusted => 0,
        Verdict::Identity => 1,
        Verdict::Expired => 2,
        Verdict::NotYetValid => 3,
        Verdict::Purpose => 4,
        Verdict::PathLength => 5,
        Verdict::Unknown => 6,
        Verdict::Undecided => 7,
    }
}

/// Indices of `FAILURES` in `lib/tls-socket-events.js`.
fn failure_kind(kind: Kind) -> i32 {
    match kind {
        Kind::Alert => 0,
        Kind::Eof => 1,
        Kind::NotTls => 2,
        Kind::UnexpectedMessage => 3,
        Kind::LengthMismatch => 4,
        Kind::TooLong => 5,
        Kind::BadMac => 6,
        Kind::BadRecord => 7,
        Kind::Incompatible => 8,
        Kind::Misbehaved => 9,
        Kind::BadSignature => 10,
        Kind::BadType => 11,
        Kind::Other => 12,
        Kind::LegacyServer => 13,
        Kind::ClientCertificate => 14,
    }
}

fn plain(kind: i32, conn: u32) -> [i32; RECORD_WORDS] {
    [kind, conn as i32, 0, 0, 0, 0]
}

#[cfg(test)]
mod tests;
