//! The TLS of one connection.

use std::fmt;
use std::sync::Arc;

use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};
use rustls::{HandshakeKind, ProtocolVersion, SupportedCipherSuite};

use super::chains::Chain;
use super::client_certificate::{Shown, take_shown};
use super::context::Context;
use super::exporter;
use super::failure::{Failure, Kind};
use super::judge::Verdict;
use super::key_log::Secrets;
use super::opening::{Opening, Renegotiation};
use super::sessions::{ConnSessions, Session};
use super::vetted::Unvetted;

/// What a record adds to the plaintext in it: header, explicit nonce, content type and tag, at
/// most.
const RECORD_OVERHEAD: usize = 40;

/// Plaintext of one record (RFC 8446, section 5.1).
const RECORD_BYTES: usize = 1 << 14;

/// Room for the ciphertext of so much plaintext, with what rustls may have to say before it.
pub const fn ciphertext_bytes(plaintext: usize) -> usize {
    plaintext + (plaintext / RECORD_BYTES + 4) * RECORD_OVERHEAD
}

/// What OpenSSL tells a server that it refuses: a fatal handshake_failure.
const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// What a connection asks of its handshake.
pub struct Handshake {
    pub context: Arc<Context>,
    /// The name to send (SNI), or None to send none.
    pub server_name: Option<String>,
    /// Whom the certificate must be for.
    pub identity: String,
    /// Whether JavaScript judges that, instead.
    pub asks: bool,
    pub alpn: Vec<Vec<u8>>,
    /// The session to resume.
    pub session: Option<u64>,
}

/// What is known of the other side after the handshake.
pub struct Facts {
    pub verdict: Verdict,
    /// What must be vetted before the verdict counts.
    pub unvetted: Option<Unvetted>,
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
    /// Whether the server has asked for the client's certificate, which it has one of.
    pub asked: bool,
    /// The server's chain as it was sent; empty where the session was resumed.
    pub certificates: Arc<Chain>,
    /// The chain with which the server has proven itself, now or when the session began.
    proof: Arc<Chain>,
    cipher: SupportedCipherSuite,
    sessions: Arc<ConnSessions>,
    secrets: Arc<Secrets>,
    server_random: Option<[u8; 32]>,
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
    /// Whether nobody else has a word in it.
    pub fn are_trusted(&self) -> bool {
        self.verdict == Verdict::Trusted && self.unvetted.is_none()
    }

    /// The sessions that the connection's own handshake has brought, or has yet to bring.
    pub fn hold_session(&self) -> Session {
        self.sessions.hold()
    }

    /// The lines of an NSS key log.
    pub fn key_log(&self) -> Vec<String> {
        let lines = self.secrets.lines();
        lines.iter().map(super::key_log::Line::to_text).collect()
    }

    /// The server's own certificate, DER, also where its session was resumed.
    pub fn server_certificate(&self) -> Option<&[u8]> {
        self.proof.first().map(AsRef::as_ref)
    }

    /// Exported keying material (RFC 5705), or None where there can be none of that label and
    /// length.
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, length: usize) -> Option<Vec<u8>> {
        let random = self.server_random.as_ref();
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
    /// The server of TLS 1.2 wants a new handshake. rustls declines, and goes on.
    HelloRequest,
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
    opening: Opening,
    /// What of the bytes that come next has passed `opening` already.
    known: usize,
    /// Whether the server has asked for the client's certificate.
    asked: bool,
    peer_closed: bool,
    /// Whether data was written: JavaScript has then heard of the handshake.
    has_written: bool,
}

impl Client {
    /// Begins a handshake; its first flight goes to `outgoing`.
    ///
    /// # Errors
    ///
    /// When the name can't be sent, or the system gives no randomness.
    pub fn new(handshake: Handshake, outgoing: &mut Vec<u8>) -> Result<Self, Failure> {
        let context = &handshake.context;
        let identity = handshake.identity.as_str();
        let sessions = ConnSessions::new(context.hints.clone(), identity, handshake.session);
        let sessions = Arc::new(sessions);
        let secrets = Arc::<Secrets>::default();
        let sni = handshake.server_name.is_some();
        let config = context.config(sessions.clone(), secrets.clone(), sni);
        // Without SNI the name is but the key by which the key exchange's group is remembered.
        let name = handshake.server_name.as_deref().unwrap_or(identity);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| Failure::new(Kind::Other))?;
        let alpn = handshake.alpn.clone();
        let conn = UnbufferedClientConnection::new_with_alpn(config, name, alpn)
            .map_err(|error| Failure::from_rustls(&error, &[], 0, true))?;
        let mut client = Self {
            conn,
            handshake,
            sessions,
            secrets,
            opening: Opening::default(),
            known: 0,
            asked: false,
            peer_closed: false,
            has_written: false,
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
        if before {
            self.opening
                .read(incoming.get(self.known..).unwrap_or_default());
        }
        let resumed = self.is_resumed();
        let is_tls12 = self.minor() == 2;
        let report = |sessions: &ConnSessions, sink: &mut dyn FnMut(Received<'_>)| {
            if !before && let Some((id, count)) = sessions.take_fresh(resumed) {
                sink(Received::Sessions { id, count });
            }
        };
        let begun = outgoing.len();
        let mut used = 0;
        loop {
            let rest = incoming.get_mut(used..).unwrap_or_default();
            let UnbufferedStatus { discard, state } = self.conn.process_tls_records(rest);
            match take_shown() {
                Some(Shown::Certificate) => self.asked = true,
                Some(Shown::Nothing) => {
                    outgoing.truncate(begun);
                    return (used + discard, Err(self.own(Kind::ClientCertificate)));
                }
                None => {}
            }
            let state = match state {
                // All that there is to say to a server of TLS 1.2 that is not asked to.
                Ok(state @ ConnectionState::EncodeTlsData(_)) if !before && is_tls12 => {
                    sink(Received::HelloRequest);
                    advance(state, outgoing, &mut self.peer_closed)
                }
                Ok(state) => advance(state, outgoing, &mut self.peer_closed),
                Err(error) => {
                    let failure = self.failure(&error, incoming.get(used..).unwrap_or_default());
                    self.drain_alert(outgoing);
                    return (used + discard, Err(failure));
                }
            };
            let idle = match state {
                None => false,
                // Left where it is until the verdict is known: rustls shows it again.
                Some(ConnectionState::ReadTraffic(_)) if before => true,
                Some(ConnectionState::ReadTraffic(mut traffic)) => {
                    report(&self.sessions, sink);
                    while let Some(Ok(record)) = traffic.next_record() {
                        sink(Received::Data(record.payload));
                    }
                    false
                }
                Some(_) => true,
            };
            used += discard;
            if idle {
                break;
            }
        }
        report(&self.sessions, sink);
        self.known = incoming.len() - used;
        if before && let Some(kind) = self.objection() {
            outgoing.truncate(begun);
            outgoing.extend(HANDSHAKE_FAILURE);
            return (used, Err(self.own(kind)));
        }
        let progress = if before && !self.conn.is_handshaking() {
            Progress::Secured
        } else if before && self.opening.is_closed() {
            // OpenSSL takes that for the end also where nobody can know who has sent it.
            return (used, Err(self.eof()));
        } else if self.peer_closed {
            Progress::Closed
        } else {
            Progress::Consumed
        };
        (used, Ok(progress))
    }

    /// Encrypts `plaintext` into `ciphertext`, which has `ciphertext_bytes` of room: answers how
    /// much of it is used. `unread` is what `receive` has left: rustls goes on from where it is in
    /// a message.
    ///
    /// # Errors
    ///
    /// When the connection can't carry data, or its keys are worn out.
    pub fn encrypt(
        &mut self,
        unread: &mut Vec<u8>,
        plaintext: &[u8],
        ciphertext: &mut [u8],
    ) -> Result<usize, Failure> {
        if !std::mem::replace(&mut self.has_written, true) {
            self.secrets.keep_exporters();
        }
        // New keys, when the server or the old ones' age asks for them.
        let mut first = Vec::new();
        loop {
            let UnbufferedStatus { discard, state } = self.conn.process_tls_records(unread);
            match state.map(|state| advance(state, &mut first, &mut self.peer_closed)) {
                Ok(None) => {}
                Ok(Some(ConnectionState::WriteTraffic(mut traffic))) => {
                    let Some((head, room)) = ciphertext.split_at_mut_checked(first.len()) else {
                        return Err(self.other());
                    };
                    head.copy_from_slice(&first);
                    return match traffic.encrypt(plaintext, room) {
                        Ok(len) => Ok(first.len() + len),
                        Err(_) => Err(self.other()),
                    };
                }
                Ok(Some(_)) => return Err(self.other()),
                Err(error) => return Err(self.failure(&error, &[])),
            }
            unread.drain(..discard);
        }
    }

    /// Says that nothing more will be sent (RFC 8446, section 6.1). `unread` as in `encrypt`.
    pub fn close_notify(&mut self, unread: &mut Vec<u8>, outgoing: &mut Vec<u8>) {
        loop {
            let UnbufferedStatus { discard, state } = self.conn.process_tls_records(unread);
            match state.map(|state| advance(state, outgoing, &mut self.peer_closed)) {
                Ok(None) => {}
                Ok(Some(ConnectionState::WriteTraffic(mut traffic))) => {
                    append(outgoing, |room| match traffic.queue_close_notify(room) {
                        Ok(len) => Ok(len),
                        Err(EncryptError::InsufficientSize(size)) => Err(size.required_size),
                        Err(EncryptError::EncryptExhausted) => Ok(0),
                    });
                    return;
                }
                Ok(Some(_)) | Err(_) => return,
            }
            unread.drain(..discard);
        }
    }

    /// What is known once the handshake has ended; judges the server's certificates now.
    pub fn facts(&self) -> Option<Facts> {
        let cipher = self.conn.negotiated_cipher_suite()?;
        let resumed = self.is_resumed();
        let Handshake {
            context, identity, ..
        } = &self.handshake;
        let proof = match self.conn.peer_certificates() {
            Some(chain) => context.chains.share(chain),
            None => context.chains.none(),
        };
        let certificates = match resumed {
            true => context.chains.none(),
            false => proof.clone(),
        };
        let (verdict, unvetted) = if resumed {
            // Judged when the session began, in the same context and for the same identity.
            (Verdict::Trusted, None)
        } else {
            let asked = (!self.handshake.asks).then_some(identity.as_str());
            match context.judge(&certificates, asked, UnixTime::now()) {
                (Verdict::Trusted, unvetted) if self.handshake.asks => {
                    (Verdict::Identity, unvetted)
                }
                judged => judged,
            }
        };
        let group = self.conn.negotiated_key_exchange_group();
        let minor = self.minor();
        Some(Facts {
            verdict,
            unvetted,
            resumed,
            minor,
            suite: cipher.suite().into(),
            group: group.map_or(0, |group| group.name().into()),
            alpn: self.conn.alpn_protocol().map(<[u8]>::to_vec),
            session: (!resumed).then(|| self.sessions.id()),
            asked: self.asked,
            has_session: minor == 2 && self.sessions.take_fresh(resumed).is_some(),
            certificates,
            proof,
            cipher,
            sessions: self.sessions.clone(),
            secrets: self.secrets.clone(),
            server_random: self.opening.hello().map(|hello| hello.random),
        })
    }

    /// The server is accepted, by the verdict or by the program: its sessions may be resumed.
    pub fn accept(&self) {
        self.sessions.accept();
    }

    /// The stream has ended.
    pub fn eof(&self) -> Failure {
        self.own(Kind::Eof)
    }

    /// A failure that has no name of its own.
    pub fn other(&self) -> Failure {
        Failure {
            handshaking: self.conn.is_handshaking(),
            ..self.own(Kind::Other)
        }
    }

    /// Whether the server has sent nothing but alerts.
    pub fn is_refused(&self) -> bool {
        !self.opening.has_spoken()
    }

    /// What rustls accepts, and OpenSSL does not.
    fn objection(&self) -> Option<Kind> {
        if self.minor() != 2 {
            return None;
        }
        // A hello that was not found says nothing good either.
        let Some(hello) = self.opening.hello() else {
            return Some(Kind::Misbehaved);
        };
        match hello.renegotiation {
            Renegotiation::Secure => None,
            Renegotiation::Unknown if self.handshake.context.legacy_servers => None,
            Renegotiation::Unknown => Some(Kind::LegacyServer),
            Renegotiation::Wrong => Some(Kind::Misbehaved),
        }
    }

    /// A failure that rustls does not know of, within the handshake.
    fn own(&self, kind: Kind) -> Failure {
        Failure {
            minor: self.minor(),
            refused: self.is_refused(),
            ..Failure::new(kind)
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

    fn failure(&self, error: &rustls::Error, records: &[u8]) -> Failure {
        Failure {
            refused: self.is_refused(),
            ..Failure::from_rustls(error, records, self.minor(), self.conn.is_handshaking())
        }
    }

    /// The alert that rustls has for the server. No further than that: what it stumbled over is
    /// still there.
    fn drain_alert(&mut self, outgoing: &mut Vec<u8>) {
        while self.conn.wants_write() {
            let Ok(state) = self.conn.process_tls_records(&mut []).state else {
                return;
            };
            advance(state, outgoing, &mut self.peer_closed);
        }
    }
}

/// Does what rustls wants done in between. Answers the state where it is another.
fn advance<'c, 'i, Data>(
    state: ConnectionState<'c, 'i, Data>,
    outgoing: &mut Vec<u8>,
    peer_closed: &mut bool,
) -> Option<ConnectionState<'c, 'i, Data>> {
    match state {
        ConnectionState::EncodeTlsData(mut data) => {
            append(outgoing, |room| match data.encode(room) {
                Ok(len) => Ok(len),
                Err(EncodeError::InsufficientSize(size)) => Err(size.required_size),
                Err(EncodeError::AlreadyEncoded) => Ok(0),
            });
        }
        ConnectionState::TransmitTlsData(data) => data.done(),
        ConnectionState::PeerClosed => *peer_closed = true,
        state => return Some(state),
    }
    None
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
