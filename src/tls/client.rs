//! The TLS of one connection.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};
use rustls::{HandshakeKind, ProtocolVersion, SupportedCipherSuite};

use super::context::Context;
use super::exporter;
use super::failure::{Failure, Kind};
use super::judge::{Verdict, judge};
use super::key_log::Secrets;
use super::sessions::ConnSessions;

/// What a record adds to the plaintext in it: header, explicit nonce, content type and tag, at most.
const RECORD_OVERHEAD: usize = 40;

/// Plaintext of one record (RFC 8446, section 5.1).
const RECORD_BYTES: usize = 1 << 14;

/// A ServerHello begins with its record's and its own header and its version: 5 + 4 + 2 bytes.
const SERVER_RANDOM: std::ops::Range<usize> = 11..43;

/// What a connection asks of its handshake.
pub struct Handshake {
    pub context: Arc<Context>,
    /// The name to send (SNI), or None to send none.
    pub server_name: Option<String>,
    /// Whom the certificate must be for; None leaves that to JavaScript.
    pub identity: Option<String>,
    pub alpn: Vec<Vec<u8>>,
    /// The session to resume.
    pub session: Option<u64>,
}

/// What is known of the other side after the handshake.
pub struct Facts {
    pub verdict: Verdict,
    pub resumed: bool,
    /// 2 or 3 for TLS 1.2 and 1.3.
    pub minor: u8,
    /// IANA numbers.
    pub suite: u16,
    /// 0 where there was no key exchange.
    pub group: u16,
    pub alpn: Option<Vec<u8>>,
    /// What the connection's own sessions are known by; none where it resumed one.
    pub session: Option<u64>,
    /// Whether the handshake itself has brought the session: TLS 1.2 only.
    pub has_session: bool,
    /// The server's chain as it was sent; empty where the session was resumed.
    pub certificates: Vec<CertificateDer<'static>>,
    cipher: SupportedCipherSuite,
    secrets: Arc<Secrets>,
    server_random: [u8; 32],
}

// Not derived: secrets belong into no log.
impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

impl Facts {
    /// The lines of an NSS key log.
    pub fn key_log(&self) -> Vec<String> {
        let lines = self.secrets.lines();
        lines.iter().map(super::key_log::Line::to_text).collect()
    }

    /// Exported keying material (RFC 5705), or None where the length or the label is too long.
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, length: usize) -> Option<Vec<u8>> {
        let random = &self.server_random;
        exporter::export(self.cipher, &self.secrets, random, label, context, length)
    }
}

/// What the server has sent, in its order.
pub enum Received<'a> {
    Data(&'a [u8]),
    /// `count` sessions, all known by this id.
    Sessions {
        id: u64,
        count: u32,
    },
}

/// How far the ciphertext has brought the connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of it was looked at; a record's first part may be left.
    Consumed,
    /// The handshake has ended just now. The rest of the ciphertext waits for the verdict.
    Secured,
    /// The server has sent its last byte.
    Closed,
}

/// The TLS state of one connection, without I/O.
pub struct Client {
    conn: UnbufferedClientConnection,
    handshake: Handshake,
    sessions: Arc<ConnSessions>,
    secrets: Arc<Secrets>,
    server_random: OnceLock<[u8; 32]>,
    peer_closed: bool,
}

impl Client {
    /// Begins a handshake; its first flight goes to `outgoing`.
    ///
    /// # Errors
    ///
    /// When the name can't be sent, or the system gives no randomness.
    pub fn new(handshake: Handshake, outgoing: &mut Vec<u8>) -> Result<Self, Failure> {
        let context = &handshake.context;
        let sessions = ConnSessions::new(context.hints.clone(), handshake.session);
        let sessions = Arc::new(sessions);
        let secrets = Arc::<Secrets>::default();
        let name = handshake.server_name.as_deref();
        let config = context.config(sessions.clone(), secrets.clone(), name.is_some());
        // Without SNI the name goes nowhere: sessions are found by token.
        let name = ServerName::try_from(name.unwrap_or("localhost").to_owned())
            .map_err(|_| Failure::new(Kind::Other))?;
        let alpn = handshake.alpn.clone();
        let conn = UnbufferedClientConnection::new_with_alpn(config, name, alpn)
            .map_err(|error| Failure::from_rustls(&error, &[], 0, true))?;
        let mut client = Self {
            conn,
            handshake,
            sessions,
            secrets,
            server_random: OnceLock::new(),
            peer_closed: false,
        };
        let (_, begun) = client.receive(&mut [], outgoing, &mut |_| {});
        begun?;
        Ok(client)
    }

    pub fn is_handshaking(&self) -> bool {
        self.conn.is_handshaking()
    }

    /// Whether a server may send something that nobody asked for and that is no data: session
    /// tickets and new keys (RFC 8446, section 4.6).
    pub fn expects_messages(&self) -> bool {
        self.minor() == 3
    }

    /// Takes ciphertext. Answers how many of its bytes are used up; what must be sent is appended
    /// to `outgoing` (an alert where it fails), what has been sent goes to `sink`: nothing before
    /// the handshake has ended.
    pub fn receive(
        &mut self,
        incoming: &mut [u8],
        outgoing: &mut Vec<u8>,
        sink: &mut dyn FnMut(Received<'_>),
    ) -> (usize, Result<Progress, Failure>) {
        let before = self.conn.is_handshaking();
        let resumed = self.is_resumed();
        let report = |sessions: &ConnSessions, sink: &mut dyn FnMut(Received<'_>)| {
            if !before && let Some((id, count)) = sessions.take_fresh(resumed) {
                sink(Received::Sessions { id, count });
            }
        };
        if before && self.server_random.get().is_none() {
            self.note_server_random(incoming);
        }
        let mut used = 0;
        loop {
            let rest = incoming.get_mut(used..).unwrap_or_default();
            let UnbufferedStatus { discard, state } = self.conn.process_tls_records(rest);
            let mut idle = false;
            match state {
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    append(outgoing, |room| match data.encode(room) {
                        Ok(len) => Ok(len),
                        Err(EncodeError::InsufficientSize(size)) => Err(size.required_size),
                        Err(EncodeError::AlreadyEncoded) => Ok(0),
                    });
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                // Left where it is until the verdict is known: rustls shows it again.
                Ok(ConnectionState::ReadTraffic(_)) if before => idle = true,
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    report(&self.sessions, sink);
                    while let Some(Ok(record)) = traffic.next_record() {
                        sink(Received::Data(record.payload));
                    }
                }
                Ok(ConnectionState::PeerClosed) => self.peer_closed = true,
                Ok(_) => idle = true,
                Err(error) => {
                    let record = incoming.get(used..).unwrap_or_default();
                    let failure = self.failure(&error, record);
                    self.drain_alert(outgoing);
                    return (used + discard, Err(failure));
                }
            }
            used += discard;
            if idle {
                break;
            }
        }
        report(&self.sessions, sink);
        let progress = if before && !self.conn.is_handshaking() {
            Progress::Secured
        } else if self.peer_closed {
            Progress::Closed
        } else {
            Progress::Consumed
        };
        (used, Ok(progress))
    }

    /// Encrypts as much of `plaintext` as `ciphertext` has room for: answers both lengths.
    ///
    /// # Errors
    ///
    /// When the connection can't carry data, or its keys are worn out.
    pub fn encrypt(
        &mut self,
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<(usize, usize), Failure> {
        let records = ciphertext.len() / (RECORD_BYTES + RECORD_OVERHEAD);
        let plaintext = &plaintext[..plaintext.len().min(records * RECORD_BYTES)];
        let mut written = 0;
        loop {
            let status = self.conn.process_tls_records(&mut []);
            let room = ciphertext.get_mut(written..).unwrap_or_default();
            match status.state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    return match traffic.encrypt(plaintext, room) {
                        Ok(len) => Ok((plaintext.len(), written + len)),
                        // What rustls had to say first has taken the room: a part of it fits.
                        Err(EncryptError::InsufficientSize(_))
                            if plaintext.len() > RECORD_BYTES =>
                        {
                            let part = plaintext.get(..RECORD_BYTES).unwrap_or_default();
                            match traffic.encrypt(part, room) {
                                Ok(len) => Ok((part.len(), written + len)),
                                Err(_) => Err(self.other()),
                            }
                        }
                        Err(_) => Err(self.other()),
                    };
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => match data.encode(room) {
                    Ok(len) => written += len,
                    Err(_) => return Err(self.other()),
                },
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.peer_closed = true,
                Ok(_) => return Err(self.other()),
                Err(error) => return Err(self.failure(&error, &[])),
            }
        }
    }

    /// Says that nothing more will be sent (RFC 8446, section 6.1).
    pub fn close_notify(&mut self, outgoing: &mut Vec<u8>) {
        loop {
            match self.conn.process_tls_records(&mut []).state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    append(outgoing, |room| match traffic.queue_close_notify(room) {
                        Ok(len) => Ok(len),
                        Err(EncryptError::InsufficientSize(size)) => Err(size.required_size),
                        Err(EncryptError::EncryptExhausted) => Ok(0),
                    });
                    return;
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.peer_closed = true,
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// What is known once the handshake has ended; judges the server's certificates now.
    pub fn facts(&self) -> Option<Facts> {
        let cipher = self.conn.negotiated_cipher_suite()?;
        let resumed = self.is_resumed();
        let certificates = match self.conn.peer_certificates() {
            Some(chain) if !resumed => chain.to_vec(),
            _ => Vec::new(),
        };
        let (context, identity) = (&self.handshake.context, self.handshake.identity.as_deref());
        let verdict = if resumed {
            // Judged when the session began, in the same context.
            Verdict::Trusted
        } else {
            match judge(&context.roots, &certificates, identity, UnixTime::now()) {
                Verdict::Trusted if identity.is_none() => Verdict::Identity,
                verdict => verdict,
            }
        };
        let group = self.conn.negotiated_key_exchange_group();
        Some(Facts {
            verdict,
            resumed,
            minor: self.minor(),
            suite: cipher.suite().into(),
            group: group.map_or(0, |group| group.name().into()),
            alpn: self.conn.alpn_protocol().map(<[u8]>::to_vec),
            session: (!resumed).then(|| self.sessions.found()),
            has_session: self.sessions.take_fresh(resumed).is_some(),
            certificates,
            cipher,
            secrets: self.secrets.clone(),
            server_random: self.server_random.get().copied().unwrap_or_default(),
        })
    }

    /// The stream has ended.
    pub fn eof(&self) -> Failure {
        Failure {
            minor: self.minor(),
            ..Failure::new(Kind::Eof)
        }
    }

    fn is_resumed(&self) -> bool {
        self.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    fn minor(&self) -> u8 {
        match self.conn.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => 3,
            Some(ProtocolVersion::TLSv1_2) => 2,
            _ => 0,
        }
    }

    fn other(&self) -> Failure {
        Failure {
            minor: self.minor(),
            handshaking: false,
            ..Failure::new(Kind::Other)
        }
    }

    fn failure(&self, error: &rustls::Error, record: &[u8]) -> Failure {
        Failure::from_rustls(error, record, self.minor(), self.conn.is_handshaking())
    }

    /// The server's random, which TLS 1.2 exports with: the first record is its ServerHello.
    fn note_server_random(&self, incoming: &[u8]) {
        if let Some(bytes) = incoming.get(SERVER_RANDOM)
            && let Ok(random) = bytes.try_into()
        {
            let _ = self.server_random.set(random);
        }
    }

    /// The alert that rustls has for the server.
    fn drain_alert(&mut self, outgoing: &mut Vec<u8>) {
        while let Ok(state) = self.conn.process_tls_records(&mut []).state {
            match state {
                ConnectionState::EncodeTlsData(mut data) => {
                    append(outgoing, |room| match data.encode(room) {
                        Ok(len) => Ok(len),
                        Err(EncodeError::InsufficientSize(size)) => Err(size.required_size),
                        Err(EncodeError::AlreadyEncoded) => Ok(0),
                    });
                }
                ConnectionState::TransmitTlsData(data) => data.done(),
                _ => return,
            }
        }
    }
}

/// Appends what `encode` puts into the room it is given; it answers the room it needs where that
/// is too small.
fn append(outgoing: &mut Vec<u8>, mut encode: impl FnMut(&mut [u8]) -> Result<usize, usize>) {
    let start = outgoing.len();
    if let Err(needed) = encode(&mut []) {
        outgoing.resize(start + needed, 0);
        let room = outgoing.get_mut(start..).unwrap_or_default();
        let len = encode(room).unwrap_or(0);
        outgoing.truncate(start + len);
    }
}
