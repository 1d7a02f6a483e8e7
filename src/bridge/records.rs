//! The batch: events as fixed records of six words, read by `lib/bridge/events.js`. The numbers in
//! them are those of `protocol`.
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

use slab::Slab;

use crate::net::{Event, Syscall};
use crate::tls::{Kind, Verdict};

use super::detail::Detail;
use super::protocol::{failed, failure, kind, secured, tls_failed, verdict, words};

/// Words of a record.
pub(super) const RECORD_WORDS: usize = words::BATCH_RECORD as usize;

/// The low 16 bits of a gate's epoch travel with the data.
const EPOCH_MASK: u32 = 0xffff;

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
            let writing = matches!(syscall, Syscall::Write | Syscall::Shutdown);
            let how = flag(writing, failed::WRITING) | flag(refused, failed::REFUSED);
            [kind::FAILED, conn as i32, -code.abs(), how, 0, 0]
        }
        Event::Secured { conn, facts } => {
            let minor = i32::from(facts.minor) << secured::MINOR;
            let flags = flag(facts.resumed, secured::RESUMED)
                | flag(facts.alpn.is_some(), secured::ALPN)
                | flag(facts.has_session, secured::SESSION)
                | flag(facts.asked, secured::ASKED)
                | flag(facts.unvetted.is_some(), secured::UNVETTED);
            let session = facts.session.unwrap_or(0);
            [
                kind::SECURED,
                conn as i32,
                verdict_of(facts.verdict) & secured::VERDICT | minor | flags,
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
            let alert = i32::from(failure.alert) & tls_failed::ALERT;
            let phase = i32::from(failure.minor) << tls_failed::MINOR
                | flag(failure.handshaking, tls_failed::HANDSHAKING)
                | flag(failure.refused, tls_failed::REFUSED);
            [
                kind::TLS_FAILED,
                conn as i32,
                failure_of(failure.kind),
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

fn verdict_of(verdict: Verdict) -> i32 {
    match verdict {
        Verdict::Trusted => verdict::TRUSTED,
        Verdict::Identity => verdict::IDENTITY,
        Verdict::Expired => verdict::EXPIRED,
        Verdict::NotYetValid => verdict::NOT_YET_VALID,
        Verdict::Purpose => verdict::PURPOSE,
        Verdict::PathLength => verdict::PATH_LENGTH,
        Verdict::Unknown => verdict::UNKNOWN,
        Verdict::Undecided => verdict::UNDECIDED,
    }
}

fn failure_of(kind: Kind) -> i32 {
    match kind {
        Kind::Alert => failure::ALERT,
        Kind::Eof => failure::EOF,
        Kind::NotTls => failure::NOT_TLS,
        Kind::UnexpectedMessage => failure::UNEXPECTED_MESSAGE,
        Kind::LengthMismatch => failure::LENGTH_MISMATCH,
        Kind::TooLong => failure::TOO_LONG,
        Kind::BadMac => failure::BAD_MAC,
        Kind::BadRecord => failure::BAD_RECORD,
        Kind::Incompatible => failure::INCOMPATIBLE,
        Kind::Misbehaved => failure::MISBEHAVED,
        Kind::BadSignature => failure::BAD_SIGNATURE,
        Kind::BadType => failure::BAD_TYPE,
        Kind::Other => failure::OTHER,
        Kind::LegacyServer => failure::LEGACY_SERVER,
        Kind::ClientCertificate => failure::CLIENT_CERTIFICATE,
    }
}

fn flag(is_set: bool, flag: i32) -> i32 {
    if is_set { flag } else { 0 }
}

fn plain(kind: i32, conn: u32) -> [i32; RECORD_WORDS] {
    [kind, conn as i32, 0, 0, 0, 0]
}

#[cfg(test)]
mod tests;
