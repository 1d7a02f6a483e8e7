//! A `Secure` and a server, with memory between them instead of a network.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use rcgen::SanType;
use rustls::crypto::cipher::{OutboundChunks, OutboundPlainMessage};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ConnectionTrafficSecrets, ContentType, NamedGroup, ProtocolVersion, ServerConfig,
    ServerConnection, SupportedCipherSuite, SupportedProtocolVersion,
};

use crate::net::secure::{Incoming, ReadEvent, Secure};
use crate::net::segments::Segments;
use crate::tls::fixtures::{HOST, Party, ca, server, with};
use crate::tls::{Context, ContextSpec, Facts, Failure, Handshake, Received, Roots};

pub(super) static VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// 2 or 3, as facts and failures say it.
pub(super) fn minor(version: &SupportedProtocolVersion) -> u8 {
    match version.version {
        ProtocolVersion::TLSv1_3 => 3,
        _ => 2,
    }
}

/// Names that the certificate of a `Site` is good for, beside `HOST`.
pub(super) const OTHER_HOST: &str = "other.test";
pub(super) const IP_HOSTS: [&str; 2] = ["127.0.0.1", "127.0.0.2"];

/// An authority, and a certificate it has issued to a server.
pub(super) struct Site {
    pub root: Party,
    pub leaf: Party,
}

impl Site {
    pub fn new() -> Self {
        let root = Party::self_signed(ca("root"));
        let leaf = root.issue(with(server(), |p| {
            let other = SanType::DnsName(OTHER_HOST.try_into().unwrap());
            let ips = IP_HOSTS.map(|ip| SanType::IpAddress(ip.parse().unwrap()));
            p.subject_alt_names.push(other);
            p.subject_alt_names.extend(ips);
        }));
        Self { root, leaf }
    }

    /// Options that trust the authority.
    pub fn context(&self, spec: ContextSpec) -> Arc<Context> {
        let roots = Arc::new(Roots::new(vec![], vec![self.root.der.to_vec()]));
        Arc::new(Context::new(roots, spec).unwrap())
    }

    pub fn server(&self, version: &'static SupportedProtocolVersion) -> ServerConfig {
        let anyone = WebPkiClientVerifier::no_client_auth();
        self.server_by(version, aws_lc_rs::default_provider(), anyone)
    }

    /// A server of this group alone.
    pub fn server_of(&self, group: NamedGroup) -> ServerConfig {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups.retain(|known| known.name() == group);
        let anyone = WebPkiClientVerifier::no_client_auth();
        self.server_by(&TLS13, provider, anyone)
    }

    pub fn server_by(
        &self,
        version: &'static SupportedProtocolVersion,
        provider: CryptoProvider,
        clients: Arc<dyn ClientCertVerifier>,
    ) -> ServerConfig {
        let key = PrivateKeyDer::try_from(self.leaf.key.serialize_der()).unwrap();
        ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![self.leaf.der.clone()], key)
            .unwrap()
    }
}

pub(super) const AES_128_SHA_256: [u16; 2] = [0x1301, 0xc02b];
pub(super) const AES_256_SHA_384: [u16; 2] = [0x1302, 0xc02c];
pub(super) const X25519: u16 = 0x001d;
pub(super) const P256: u16 = 0x0017;

pub(super) fn spec(version: &SupportedProtocolVersion) -> ContextSpec {
    ContextSpec {
        suites: [AES_128_SHA_256, AES_256_SHA_384].concat(),
        groups: vec![X25519, P256],
        schemes: vec![0x0403],
        versions: vec![version.version.into()],
        tickets: true,
        legacy_servers: false,
        certificate: None,
        vets: false,
    }
}

pub(super) fn handshake(context: &Arc<Context>) -> Handshake {
    Handshake {
        context: context.clone(),
        server_name: Some(HOST.to_owned()),
        identity: HOST.to_owned(),
        asks: false,
        alpn: vec![],
        session: None,
    }
}

/// One whose verdict is the program's.
pub(super) fn asking(handshake: Handshake) -> Handshake {
    Handshake {
        asks: true,
        ..handshake
    }
}

/// The server.
pub(super) struct Far {
    pub conn: ServerConnection,
    config: Arc<ServerConfig>,
    /// Plaintext that came.
    pub heard: Vec<u8>,
    /// Whether the client said that nothing more comes.
    pub is_closed: bool,
}

impl Far {
    pub fn new(config: Arc<ServerConfig>) -> Self {
        let mut conn = ServerConnection::new(config.clone()).unwrap();
        conn.set_buffer_limit(None);
        Self {
            conn,
            config,
            heard: vec![],
            is_closed: false,
        }
    }

    pub fn hear(&mut self, mut ciphertext: &[u8]) -> Result<(), rustls::Error> {
        while !ciphertext.is_empty() {
            self.conn.read_tls(&mut ciphertext).unwrap();
            let state = self.conn.process_new_packets()?;
            let start = self.heard.len();
            self.heard
                .resize(start + state.plaintext_bytes_to_read(), 0);
            let room = &mut self.heard[start..];
            self.conn.reader().read_exact(room).unwrap();
            self.is_closed = state.peer_has_closed();
        }
        Ok(())
    }

    pub fn say(&mut self, plaintext: &[u8]) {
        self.conn.writer().write_all(plaintext).unwrap();
    }

    /// What it has to send.
    pub fn ciphertext(&mut self) -> Vec<u8> {
        let mut ciphertext = vec![];
        while self.conn.wants_write() {
            self.conn.write_tls(&mut ciphertext).unwrap();
        }
        ciphertext
    }

    /// A HelloRequest of TLS 1.2 (RFC 5246, section 7.4.1.1), which rustls never sends. Nothing can
    /// be sent after it. The server's configuration must allow that its secrets are extracted.
    pub fn hello_request(&mut self) -> Vec<u8> {
        let unused = ServerConnection::new(self.config.clone()).unwrap();
        let conn = std::mem::replace(&mut self.conn, unused);
        let Some(SupportedCipherSuite::Tls12(suite)) = conn.negotiated_cipher_suite() else {
            panic!("not TLS 1.2");
        };
        let (sequence, secrets) = conn.dangerous_extract_secrets().unwrap().tx;
        let ConnectionTrafficSecrets::Aes128Gcm { key, iv } = secrets else {
            panic!("another cipher was expected");
        };
        let (iv, explicit) = iv.as_ref().split_at(4);
        let message = OutboundPlainMessage {
            typ: ContentType::Handshake,
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::Single(&[0; 4]),
        };
        let mut encrypter = suite.aead_alg.encrypter(key, iv, explicit);
        encrypter.encrypt(message, sequence).unwrap().encode()
    }
}

pub(super) struct Pair {
    pub near: Secure,
    pub far: Far,
    /// What the server has sent and nobody has read.
    pub wire: Vec<u8>,
    /// All that the client has sent.
    pub sent: Vec<u8>,
    /// Plaintext that the client has got.
    pub data: Vec<u8>,
    /// Sessions that it has got: their id and how many.
    pub sessions: Vec<(u64, u32)>,
    /// New handshakes that the server has asked for.
    pub hello_requests: usize,
}

impl Pair {
    pub fn new(handshake: Handshake, server: &Arc<ServerConfig>) -> Self {
        let mut near = Secure::new(handshake).unwrap();
        near.proceed();
        Self {
            near,
            far: Far::new(server.clone()),
            wire: vec![],
            sent: vec![],
            data: vec![],
            sessions: vec![],
            hello_requests: 0,
        }
    }

    /// A connection over which all was said that needs no data.
    pub fn settled(handshake: Handshake, server: &Arc<ServerConfig>) -> (Self, Arc<Facts>) {
        let mut pair = Self::new(handshake, server);
        let facts = pair.shake();
        pair.settle();
        (pair, facts)
    }

    /// Goes on to where the client knows its server.
    pub fn shake(&mut self) -> Arc<Facts> {
        loop {
            self.turn();
            match self.read() {
                Incoming::Secured(facts) => return facts,
                incoming => assert!(matches!(incoming, Incoming::Some), "no handshake"),
            }
        }
    }

    pub fn settle(&mut self) {
        loop {
            self.turn();
            match self.read() {
                Incoming::Some => {}
                incoming => return assert!(matches!(incoming, Incoming::Nothing)),
            }
        }
    }

    /// The client's part and then the server's, up to where the client would read.
    pub fn turn(&mut self) {
        self.flush().unwrap();
        self.pull();
    }

    /// Fails where the server does.
    pub fn flush(&mut self) -> Result<(), rustls::Error> {
        let start = self.sent.len();
        self.near.flush(&mut taking_all(&mut self.sent)).unwrap();
        self.far.hear(&self.sent[start..])
    }

    pub fn write(&mut self, plaintext: &[u8]) {
        let start = self.sent.len();
        let taken = self
            .near
            .write(plaintext, Segments::ANY, &mut taking_all(&mut self.sent));
        assert_eq!(taken.unwrap(), plaintext.len());
        self.far.hear(&self.sent[start..]).unwrap();
    }

    pub fn pull(&mut self) {
        self.wire.extend(self.far.ciphertext());
    }

    /// The server speaks, and the client does not read it yet.
    pub fn say(&mut self, plaintext: &[u8]) {
        self.far.say(plaintext);
        self.pull();
    }

    pub fn read(&mut self) -> Incoming {
        self.read_at_most(usize::MAX)
    }

    pub fn read_at_most(&mut self, max: usize) -> Incoming {
        self.read_as(true, max)
    }

    /// As a parked connection reads.
    pub fn read_unasked(&mut self) -> Incoming {
        self.read_as(false, usize::MAX)
    }

    fn read_as(&mut self, asked: bool, max: usize) -> Incoming {
        let wire = &mut self.wire;
        let mut read = |room: &mut [u8]| match room.len().min(wire.len()).min(max) {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            len => {
                room[..len].copy_from_slice(&wire[..len]);
                wire.drain(..len);
                Ok(len)
            }
        };
        let (data, sessions) = (&mut self.data, &mut self.sessions);
        let hello_requests = &mut self.hello_requests;
        let mut sink = |event: ReadEvent<'_>| match event {
            ReadEvent::AtMost(_) => {}
            ReadEvent::Received(Received::Data(bytes)) => data.extend(bytes),
            ReadEvent::Received(Received::Sessions { id, count }) => sessions.push((id, count)),
            ReadEvent::Received(Received::HelloRequest) => *hello_requests += 1,
        };
        self.near.read(asked, &mut read, &mut sink)
    }

    /// Reads where the stream has ended.
    pub fn read_eof(&mut self) -> Incoming {
        self.near.read(true, &mut |_| Ok(0), &mut |_| {})
    }
}

pub(super) fn taking_all(sent: &mut Vec<u8>) -> impl FnMut(&[u8]) -> io::Result<usize> {
    |bytes| {
        sent.extend(bytes);
        Ok(bytes.len())
    }
}

/// The failure that reading has brought.
pub(super) fn failure(incoming: Incoming) -> Failure {
    match incoming {
        Incoming::Failed(failure) => failure,
        _ => panic!("no failure"),
    }
}

/// The content types of the records that follow each other in `ciphertext`.
pub(super) fn records(mut ciphertext: &[u8]) -> Vec<u8> {
    let mut types = vec![];
    while let [kind, _, _, high, low, rest @ ..] = ciphertext {
        types.push(*kind);
        ciphertext = &rest[u16::from_be_bytes([*high, *low]).into()..];
    }
    types
}
