//! The secrets of one connection, for 'keylog' and for exported keying material.

use std::fmt;
use std::sync::Mutex;

use rustls::KeyLog;

use crate::lock::lock;

/// What exported keying material is made from, in TLS 1.3 and 1.2.
pub(super) const EXPORTERS: [&str; 2] = ["EXPORTER_SECRET", "CLIENT_RANDOM"];

/// What one connection logged, in order.
#[derive(Default)]
pub(super) struct Secrets {
    lines: Mutex<Vec<Line>>,
}

#[derive(Clone)]
pub(super) struct Line {
    pub label: String,
    pub client_random: Vec<u8>,
    pub secret: Vec<u8>,
}

impl Secrets {
    pub(super) fn lines(&self) -> Vec<Line> {
        lock(&self.lines).clone()
    }

    /// Forgets what is of no use once the handshake is told of.
    pub(super) fn keep_exporters(&self) {
        let mut lines = lock(&self.lines);
        lines.retain(|line| EXPORTERS.contains(&&*line.label));
        lines.shrink_to_fit();
    }

    pub(super) fn find(&self, label: &str) -> Option<Line> {
        lock(&self.lines)
            .iter()
            .find(|line| line.label == label)
            .cloned()
    }
}

impl Line {
    /// The line of an NSS key log, with its end.
    pub(super) fn to_text(&self) -> String {
        let (random, secret) = (hex(&self.client_random), hex(&self.secret));
        format!("{} {random} {secret}\n", self.label)
    }
}

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        lock(&self.lines).push(Line {
            label: label.to_owned(),
            client_random: client_random.to_vec(),
            secret: secret.to_vec(),
        });
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets { .. }")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_nss_writes_and_debug_output_says_nothing() {
        let secrets = Secrets::default();
        secrets.log("CLIENT_RANDOM", &[1, 0xab], &[0xff]);
        let line = secrets.find("CLIENT_RANDOM").unwrap();
        assert_eq!(line.to_text(), "CLIENT_RANDOM 01ab ff\n");
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
    }

    #[test]
    fn traffic_secrets_are_forgotten_and_exporters_stay() {
        let secrets = Secrets::default();
        for label in ["CLIENT_TRAFFIC_SECRET_0", "EXPORTER_SECRET"] {
            secrets.log(label, &[1], &[2]);
        }
        secrets.keep_exporters();
        assert!(secrets.find("CLIENT_TRAFFIC_SECRET_0").is_none());
        assert!(secrets.find("EXPORTER_SECRET").is_some());
    }
}
