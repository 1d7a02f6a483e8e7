//! The numbers that cross between Rust and JavaScript. Each is written down here alone:
//! `lib/bridge/protocol.js` is made of these tables by `npm run protocol`, and a test fails where
//! it is out of date.

/// A table of numbers: a module of constants here, an object of the same names there.
macro_rules! tables {
    ($(
        #[doc = $doc:literal]
        $table:ident $js:ident { $($name:ident = $value:expr,)+ }
    )+) => {
        $(
            #[doc = $doc]
            pub(in crate::bridge) mod $table {
                $(pub const $name: i32 = $value;)+
            }
        )+

        #[cfg(test)]
        const TABLES: &[Table] = &[$(Table {
            name: stringify!($js),
            doc: $doc,
            numbers: &[$((stringify!($name), $table::$name),)+],
        },)+];
    };
}

tables! {
    /// How many words a record of the command buffer and of the batch has.
    words Words {
        COMMAND_RECORD = 4,
        BATCH_RECORD = 6,
    }

    /// What a record of the command buffer commands: its first word.
    operation Op {
        WRITE = 1,
        WRITE_ACKNOWLEDGED = 2,
        WRITE_LARGE = 3,
        WRITE_LARGE_ACKNOWLEDGED = 4,
        SHUTDOWN = 5,
        PAUSE = 6,
        RESUME = 7,
        NO_DELAY = 8,
        KEEP_ALIVE = 9,
        TYPE_OF_SERVICE = 10,
        CLOSE = 11,
        RESET = 12,
        PROCEED = 13,
        DIAL = 14,
    }

    /// Where the parts of KEEP_ALIVE are, in seconds: beside `on`, and beside the idle time.
    keep_alive KeepAlive {
        INTERVAL = 1,
        PROBES = 16,
    }

    /// What a record of the batch tells of: its first word.
    kind Kind {
        RESOLVED = 1,
        ATTEMPT = 2,
        ATTEMPT_FAILED = 3,
        CONNECTED = 4,
        CONNECT_FAILED = 5,
        DATA = 6,
        END = 7,
        FAILED = 8,
        KILLED = 9,
        WRITTEN = 10,
        SHUT = 11,
        CLOSED = 12,
        SECURED = 13,
        SESSIONS = 14,
        TLS_FAILED = 15,
        PANICKED = 16,
        HELLO_REQUEST = 17,
    }

    /// In the answer of `take`, beside the number of records.
    take Take {
        MORE = 1 << 30,
    }

    /// In the second word of FAILED.
    failed Failed {
        WRITING = 1,
        REFUSED = 1 << 1,
    }

    /// In the first word of SECURED, beside the verdict; MINOR is where TLS's minor version is.
    secured Secured {
        VERDICT = 0xff,
        MINOR = 8,
        RESUMED = 1 << 10,
        ALPN = 1 << 11,
        SESSION = 1 << 12,
        ASKED = 1 << 13,
        UNVETTED = 1 << 14,
    }

    /// What the I/O thread says of the server's certificates.
    verdict Verdict {
        TRUSTED = 0,
        IDENTITY = 1,
        EXPIRED = 2,
        NOT_YET_VALID = 3,
        PURPOSE = 4,
        PATH_LENGTH = 5,
        UNKNOWN = 6,
        UNDECIDED = 7,
    }

    /// In the second word of TLS_FAILED: the alert, and where TLS's minor version is.
    tls_failed TlsFailed {
        ALERT = 0xff,
        MINOR = 8,
        HANDSHAKING = 1 << 16,
        REFUSED = 1 << 17,
    }

    /// How TLS has failed.
    failure Failure {
        ALERT = 0,
        EOF = 1,
        NOT_TLS = 2,
        UNEXPECTED_MESSAGE = 3,
        LENGTH_MISMATCH = 4,
        TOO_LONG = 5,
        BAD_MAC = 6,
        BAD_RECORD = 7,
        INCOMPATIBLE = 8,
        MISBEHAVED = 9,
        BAD_SIGNATURE = 10,
        BAD_TYPE = 11,
        OTHER = 12,
        LEGACY_SERVER = 13,
        CLIENT_CERTIFICATE = 14,
    }

    /// The answers to `checkout` and `checkin`: a verdict, what there is to do besides, an id.
    answer Answer {
        VERDICT = 0b11,
        OUTPUTS = 1 << 2,
        EVENTS = 1 << 3,
        ID = 4,
    }

    /// What becomes of a request.
    checkout Checkout {
        REUSE = 0,
        OPEN = 1,
        WAIT = 2,
        REFUSE = 3,
    }

    /// What becomes of a connection when its request has ended.
    checkin Checkin {
        SERVE = 0,
        PARK = 1,
        CLOSE = 2,
    }

    /// Stands for a connection that is not ours. Ours are known by their ids.
    carrier Carrier {
        FOREIGN = -1,
    }

    /// What `park` takes and answers where it is not milliseconds.
    park Park {
        NO_END = -1,
        NOT_PARKED = -2,
    }

    /// What the pool's `poll` wants done.
    output Output {
        OPEN = 0,
        DROP = 1,
        GONE = 2,
    }

    /// The parts of an origin: its opening and active slots, its idle ones, its waiters.
    part Part {
        ACTIVE = 0,
        IDLE = 1,
        WAITING = 2,
    }
}

#[cfg(test)]
struct Table {
    name: &'static str,
    doc: &'static str,
    numbers: &'static [(&'static str, i32)],
}

#[cfg(test)]
mod tests;
