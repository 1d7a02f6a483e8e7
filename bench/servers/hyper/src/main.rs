//! The server of the bench's downloads, uploads and small requests: HTTP/1.1, in plain or over TLS
//! 1.3, on one thread. It does less for a byte than the clients do, so that they are what is
//! measured.
//!
//! `oxagent-bench-hyper LARGE_BYTES DELAY_MS SMALL_BODY`, started by bench/servers/hyper.js:
//!
//! - stdin has the certificate and its key as PEM, or nothing where there is to be no TLS, and then
//!   an empty line. Every line after that asks how many connections were accepted.
//! - stdout has the port, and then one line for each of these questions.
//! - The process ends when stdin does.

mod delay;
mod repeated;
mod site;

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{HandshakeKind, ServerConfig, ServerConnection};

use site::Site;

type AnyError = Box<dyn Error + Send + Sync>;

/// As many connections as the largest `--at` of the bench may all arrive in one go.
const BACKLOG: u32 = 4096;

/// What the kernel is asked for at once: rustls by itself asks for 4 KiB, and an upload would be
/// measured at the server's system calls.
const READ_BYTES: usize = 256 * 1024;

fn main() -> Result<(), AnyError> {
    let mut arguments = env::args().skip(1);
    let mut argument = || arguments.next();
    let (Some(large_bytes), Some(delay_ms), Some(small_body)) =
        (argument(), argument(), argument())
    else {
        return Err("usage: oxagent-bench-hyper LARGE_BYTES DELAY_MS SMALL_BODY".into());
    };
    let delay = Duration::from_millis(delay_ms.parse()?);
    let site = Arc::new(Site::new(large_bytes.parse()?, delay, small_body));
    let tls = read_tls()?;
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?
        .block_on(serve(site, tls))
}

/// Reads stdin to the first empty line.
fn read_tls() -> Result<Option<TlsAcceptor>, AnyError> {
    let mut pem = String::new();
    for line in io::stdin().lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        pem.push_str(&line);
        pem.push('\n');
    }
    if pem.is_empty() {
        return Ok(None);
    }
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

async fn serve(site: Arc<Site>, tls: Option<TlsAcceptor>) -> Result<(), AnyError> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let listener = socket.listen(BACKLOG)?;
    say(listener.local_addr()?.port())?;

    let accepted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&accepted);
    thread::spawn(move || process::exit(answer_parent(&counted).is_err().into()));

    loop {
        let (stream, _) = listener.accept().await?;
        accepted.fetch_add(1, Ordering::Relaxed);
        let (site, tls) = (Arc::clone(&site), tls.clone());
        tokio::spawn(async move {
            // What goes wrong on a connection, its client sees and tells.
            let _ = converse(stream, tls, site).await;
        });
    }
}

/// Returns when stdin ends: nobody is there any more to serve.
fn answer_parent(accepted: &AtomicUsize) -> io::Result<()> {
    for question in io::stdin().lines() {
        question?;
        say(accepted.load(Ordering::Relaxed))?;
    }
    Ok(())
}

fn say(number: impl std::fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{number}")?;
    out.flush()
}

/// Serves one connection to its end.
async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    site: Arc<Site>,
) -> Result<(), AnyError> {
    stream.set_nodelay(true)?;
    let stream = BufReader::with_capacity(READ_BYTES, stream);
    let Some(tls) = tls else {
        return Ok(answer(stream, site, None).await?);
    };
    let stream = tls.accept(stream).await?;
    let negotiated = describe(stream.get_ref().1);
    Ok(answer(stream, site, negotiated).await?)
}

async fn answer<S>(stream: S, site: Arc<Site>, negotiated: Option<String>) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    http1::Builder::new()
        // No timeout of the server's may close a connection that the bench counts on.
        .header_read_timeout(None)
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|request| site.answer(request, negotiated.as_deref())),
        )
        .await
}

/// What was agreed on, in OpenSSL's words: see `parseNegotiated()` in bench/negotiated.js.
fn describe(connection: &ServerConnection) -> Option<String> {
    let protocol = format!("{:?}", connection.protocol_version()?).replace('_', ".");
    let suite = connection.negotiated_cipher_suite()?.suite();
    let cipher = format!("{suite:?}").replace("TLS13_", "TLS_");
    let group = connection.negotiated_key_exchange_group()?.name();
    let resumed = match connection.handshake_kind()? {
        HandshakeKind::Resumed => 'r',
        _ => '.',
    };
    Some(format!("{protocol} {cipher} {group:?} {resumed}"))
}
