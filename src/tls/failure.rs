//! Why TLS failed, in the parts that Node's error codes tell apart.

use rustls::{Error, InvalidMessage};

/// A record's second byte; what a server in plain text sends there is another.
const RECORD_MAJOR_VERSION: u8 = 3;

/// The content type of whatever TLS 1.3 encrypts.
const APPLICATION_DATA: u8 = 23;

/// A tag and a byte: no encrypted record is shorter.
const ENCRYPTED_BYTES_MIN: u16 = 16 + 1;

/// The fault, by who has seen it and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server sent a fatal alert.
    Alert,
    /// The server closed within the handshake.
    Eof,
    /// The server does not speak TLS.
    NotTls,
    UnexpectedMessage,
    LengthMismatch,
    TooLong,
    /// A record could not be decrypted.
    BadMac,
    /// No record of an established connection: its version is none.
    BadRecord,
    /// A record that an established connection does not have: of a wrong type, or too short to be
    /// encrypted.
    BadType,
    /// rustls and the server have nothing in common.
    Incompatible,
    /// The server broke the protocol.
    Misbehaved,
    /// The server's handshake signature is wrong, or its certificate can't be read for it.
    BadSignature,
    /// The server of TLS 1.2 does not know secure renegotiation (RFC 5746).
    LegacyServer,
    /// The server asks for the client's certificate, and lists no scheme that rustls has for its
    /// key. It got none.
    ClientCertificate,
    Other,
}

/// A TLS failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    /// The alert's number where the kind is `Alert`, else 0.
    pub alert: u8,
    /// 2 or 3 for TLS 1.2 and 1.3, 0 where it is not settled yet.
    pub minor: u8,
    /// Whether the handshake was still going on.
    pub handshaking: bool,
    /// Whether the server had sent nothing but alerts.
    pub refused: bool,
}

impl Failure {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            alert: 0,
            minor: 0,
            handshaking: true,
            refused: false,
        }
    }

    /// `records` is what rustls was looking at.
    pub(super) fn from_rustls(error: &Error, records: &[u8], minor: u8, handshaking: bool) -> Self {
        let mut alert = 0;
        let kind = match error {
            Error::DecryptError | Error::InvalidMessage(_) | Error::InappropriateMessage { .. }
                if !handshaking && has_misplaced(records, minor) =>
            {
                Kind::BadType
            }
            Error::AlertReceived(description) => {
                alert = u8::from(*description);
                Kind::Alert
            }
            Error::DecryptError => Kind::BadMac,
            Error::PeerSentOversizedRecord
            | Error::InvalidMessage(InvalidMessage::MessageTooLarge) => Kind::TooLong,
            Error::InvalidMessage(InvalidMessage::InvalidContentType) if handshaking => {
                if records.get(1) == Some(&RECORD_MAJOR_VERSION) {
                    Kind::UnexpectedMessage
                } else {
                    Kind::NotTls
                }
            }
            Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) if handshaking => {
                Kind::NotTls
            }
            Error::InvalidMessage(_) if !handshaking => Kind::BadRecord,
            Error::InvalidMessage(
                InvalidMessage::MissingData(_)
                | InvalidMessage::MessageTooShort
                | InvalidMessage::TrailingData(_),
            ) => Kind::LengthMismatch,
            Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
                Kind::UnexpectedMessage
            }
            Error::PeerIncompatible(_) => Kind::Incompatible,
            Error::PeerMisbehaved(_) | Error::InvalidMessage(_) => Kind::Misbehaved,
            Error::InvalidCertificate(_) => Kind::BadSignature,
            _ => Kind::Other,
        };
        Self {
            kind,
            alert,
            minor,
            handshaking,
            refused: false,
        }
    }
}

/// Whether there is a record that can't be one of an established connection: the first such one is
/// what rustls stumbled over, as all before it were in order.
fn has_misplaced(mut records: &[u8], minor: u8) -> bool {
    while let [kind, RECORD_MAJOR_VERSION, _, high, low, body @ ..] = records {
        let len = u16::from_be_bytes([*high, *low]);
        if minor == 3 && *kind != APPLICATION_DATA || minor == 2 && len < ENCRYPTED_BYTES_MIN {
            return true;
        }
        records = body.get(len.into()..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use rustls::AlertDescription;

    use super::*;

    fn kind(error: Error, records: &[u8], handshaking: bool) -> Kind {
        Failure::from_rustls(&error, records, 3, handshaking).kind
    }

    #[test]
    fn plain_text_and_a_wrong_record_differ_by_their_version() {
        let error = || Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(kind(error(), b"HTTP/1.1", true), Kind::NotTls);
        assert_eq!(
            kind(error(), &[99, 3, 3, 0, 1], true),
            Kind::UnexpectedMessage
        );
        assert_eq!(kind(error(), &[99, 3, 3, 0, 1], false), Kind::BadType);
        assert_eq!(kind(error(), b"HTTP/1.1", false), Kind::BadRecord);
    }

    #[test]
    fn a_record_out_of_place_is_found_behind_good_ones() {
        let mut records = vec![23, 3, 3, 0, 30];
        records.extend([0; 30]);
        assert_eq!(kind(Error::DecryptError, &records, false), Kind::BadMac);
        records.extend([21, 3, 3, 0, 2, 2, 40]);
        assert_eq!(kind(Error::DecryptError, &records, false), Kind::BadType);
    }

    #[test]
    fn an_alert_keeps_its_number() {
        let error = Error::AlertReceived(AlertDescription::HandshakeFailure);
        let failure = Failure::from_rustls(&error, &[], 0, true);
        assert_eq!((failure.kind, failure.alert), (Kind::Alert, 40));
    }
}
