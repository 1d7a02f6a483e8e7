//! What a server says before anything is encrypted: its hello, and the alerts around it. rustls
//! keeps both to itself.

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// Type, version and length of a record.
const RECORD_HEADER: usize = 5;

/// Type and length of a message.
const MESSAGE_HEADER: usize = 1 + 3;

const SERVER_HELLO: u8 = 2;

/// More than any ServerHello has: its fields, and extensions that were asked for.
const HELLO_BYTES_MAX: usize = 16 << 10;

/// In an alert: level and description.
const ALERT_BYTES: usize = 2;

const CLOSE_NOTIFY: u8 = 0;

const RENEGOTIATION_INFO: u16 = 0xff01;

/// What a ServerHello says of secure renegotiation (RFC 5746, section 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renegotiation {
    Secure,
    /// The server does not know it.
    Unknown,
    /// What it says of a connection before this one, which there is not.
    Wrong,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerHello {
    pub random: [u8; 32],
    pub renegotiation: Renegotiation,
}

/// Reads the records of a handshake as they pass, in pieces of any size.
#[derive(Default)]
pub(super) struct Opening {
    header: [u8; RECORD_HEADER],
    /// Bytes of the record, its header included, that have passed.
    passed: usize,
    alert: [u8; ALERT_BYTES],
    message: Vec<u8>,
    hello: Option<ServerHello>,
    has_spoken: bool,
    is_closed: bool,
}

impl Opening {
    /// Whether something other than alerts has come.
    pub(super) fn has_spoken(&self) -> bool {
        self.has_spoken
    }

    /// Whether the server has said that it sends no more.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Once it is whole.
    pub(super) fn hello(&self) -> Option<&ServerHello> {
        self.hello.as_ref()
    }

    /// The next bytes of the server's.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if let Some(header) = self.header.get_mut(self.passed..)
                && !header.is_empty()
            {
                let len = header.len().min(bytes.len());
                let (now, later) = bytes.split_at(len);
                header[..len].copy_from_slice(now);
                self.passed += len;
                bytes = later;
            } else {
                let at = self.passed - RECORD_HEADER;
                let len = (self.body() - at).min(bytes.len());
                let (now, later) = bytes.split_at(len);
                self.passed += len;
                self.take(at, now);
                bytes = later;
            }
            if self.passed >= 1 && self.header[0] != ALERT {
                self.has_spoken = true;
            }
            if self.passed >= RECORD_HEADER && self.passed == RECORD_HEADER + self.body() {
                self.passed = 0;
            }
        }
    }

    /// Bytes of the record behind its header.
    fn body(&self) -> usize {
        let [_, _, _, high, low] = self.header;
        u16::from_be_bytes([high, low]).into()
    }

    /// A part of a record, from `at` on.
    fn take(&mut self, at: usize, bytes: &[u8]) {
        match self.header[0] {
            // An encrypted one is longer.
            ALERT if self.body() == ALERT_BYTES => {
                self.alert[at..at + bytes.len()].copy_from_slice(bytes);
                let is_whole = at + bytes.len() == ALERT_BYTES;
                self.is_closed |= is_whole && self.alert[1] == CLOSE_NOTIFY;
            }
            HANDSHAKE if self.hello.is_none() && self.message.len() < HELLO_BYTES_MAX => {
                self.message.extend_from_slice(bytes);
                self.hello = server_hello(&self.message);
                if self.hello.is_some() {
                    self.message = Vec::new();
                }
            }
            _ => {}
        }
    }
}

/// The first message of these bytes, if that is a whole ServerHello (RFC 5246, section 7.4.1.3).
fn server_hello(bytes: &[u8]) -> Option<ServerHello> {
    let (header, rest) = bytes.split_first_chunk::<MESSAGE_HEADER>()?;
    let [SERVER_HELLO, high, middle, low] = *header else {
        return None;
    };
    let len = u32::from_be_bytes([0, high, middle, low]);
    let mut body = Fields(rest.get(..usize::try_from(len).ok()?)?);
    body.take(2)?; // version
    let random = *body.take(32)?.first_chunk()?;
    let session_id = body.number(1)?;
    body.take(session_id)?;
    body.take(2 + 1)?; // suite, compression
    let mut renegotiation = Renegotiation::Unknown;
    let mut extensions = Fields(match body.number(2) {
        Some(len) => body.take(len)?,
        None => &[],
    });
    while let Some(kind) = extensions.number(2) {
        let len = extensions.number(2)?;
        let content = extensions.take(len)?;
        if kind == usize::from(RENEGOTIATION_INFO) {
            renegotiation = match content {
                [0] => Renegotiation::Secure,
                _ => Renegotiation::Wrong,
            };
        }
    }
    Some(ServerHello {
        random,
        renegotiation,
    })
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (now, later) = self.0.split_at_checked(len)?;
        self.0 = later;
        Some(now)
    }

    fn number(&mut self, octets: usize) -> Option<usize> {
        let bytes = self.take(octets)?;
        Some(
            bytes
                .iter()
                .fold(0, |number, &byte| number << 8 | usize::from(byte)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let len = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[kind, 3, 3], &len[..], body].concat()
    }

    fn hello(extensions: Option<&[u8]>) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([3, 9, 9, 9, 0xc0, 0x2b, 0]);
        if let Some(extensions) = extensions {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        let len = u8::try_from(body.len()).unwrap();
        [&[SERVER_HELLO, 0, 0, len], &body[..]].concat()
    }

    fn read(records: &[u8], step: usize) -> Opening {
        let mut opening = Opening::default();
        for bytes in records.chunks(step) {
            opening.read(bytes);
        }
        opening
    }

    fn renegotiation(extensions: Option<&[u8]>) -> Renegotiation {
        let opening = read(&record(HANDSHAKE, &hello(extensions)), 1000);
        opening.hello().unwrap().renegotiation
    }

    #[test]
    fn a_hello_is_found_behind_a_warning_in_records_and_reads_of_any_size() {
        let info = [0, 11, 0, 2, 1, 0, 0xff, 1, 0, 1, 0];
        let expected = ServerHello {
            random: [7; 32],
            renegotiation: Renegotiation::Secure,
        };
        for part in [1, 7, 1000] {
            for step in [1, 2, 3, 5, 8, 1000] {
                let mut records = record(ALERT, &[1, 112]);
                for bytes in hello(Some(&info)).chunks(part) {
                    records.extend(record(HANDSHAKE, bytes));
                }
                let whole = records.len();
                records.extend(record(HANDSHAKE, &[11, 0, 0, 0]));
                let opening = read(&records, step);
                assert_eq!(opening.hello(), Some(&expected));
                assert!(!opening.is_closed());
                assert_eq!(read(&records[..whole - 1], step).hello(), None);
            }
        }
    }

    #[test]
    fn renegotiation_info_is_absent_empty_or_wrong() {
        assert_eq!(renegotiation(None), Renegotiation::Unknown);
        assert_eq!(renegotiation(Some(&[])), Renegotiation::Unknown);
        assert_eq!(renegotiation(Some(&[0, 23, 0, 0])), Renegotiation::Unknown);
        let wrong = [0xff, 1, 0, 3, 2, 1, 1];
        assert_eq!(renegotiation(Some(&wrong)), Renegotiation::Wrong);
    }

    #[test]
    fn alerts_alone_say_nothing_and_close_notify_is_the_end() {
        let warning = record(ALERT, &[1, 112]);
        let close = record(ALERT, &[1, CLOSE_NOTIFY]);
        for step in [1, 4, 100] {
            let opening = read(&warning, step);
            assert!(!opening.has_spoken() && !opening.is_closed());
            let opening = read(&[&warning[..], &close].concat(), step);
            assert!(!opening.has_spoken() && opening.is_closed());
            // The text of a server without TLS, and an encrypted alert.
            assert!(read(b"HTTP/1.1 400", step).has_spoken());
            assert!(!read(&record(ALERT, &[0; 26]), step).is_closed());
        }
    }

    #[test]
    fn a_message_without_an_end_takes_no_more_memory() {
        let mut opening = Opening::default();
        for _ in 0..8 {
            let endless = [&[SERVER_HELLO, 255, 255, 255], &[0; 8000][..]].concat();
            opening.read(&record(HANDSHAKE, &endless));
        }
        assert_eq!(opening.hello(), None);
        assert!(opening.message.len() < 2 * HELLO_BYTES_MAX);
    }

    #[test]
    fn noise_is_read_to_its_end() {
        let mut state = 1_u32;
        for _ in 0..2000 {
            let bytes: Vec<u8> = (0..200)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8 % 26
                })
                .collect();
            read(&bytes, 7);
        }
    }
}
