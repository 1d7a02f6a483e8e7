//! What the writer sends for connections of the event loop.

use super::*;

/// More than the kernel takes of a connection that its server does not read.
const MUCH: usize = 16 << 20;

impl Carried {
    /// With the writer at work.
    fn aside() -> Self {
        let mut carried = Self::new();
        carried.carrier.write_aside(true);
        let cpus = std::thread::available_parallelism().unwrap();
        assert_eq!(carried.carrier.writer.is_some(), cpus.get() > 1);
        carried
    }

    /// Drives the connection until the server has heard so many bytes.
    fn until_heard(&mut self, len: usize) -> Vec<u8> {
        let mut far = self.far.try_clone().unwrap();
        let server = std::thread::spawn(move || {
            let mut heard = vec![0; len];
            far.read_exact(&mut heard).map(|()| heard)
        });
        while !server.is_finished() {
            self.carrier.ask();
            self.carrier.turn();
        }
        server.join().unwrap().unwrap()
    }
}

/// Bytes of which no two ranges are alike.
fn pattern(len: usize) -> Vec<u8> {
    let words = (0..len.div_ceil(8) as u64).map(|word| word.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut bytes: Vec<_> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(len);
    bytes
}

#[test]
fn what_is_written_arrives_in_order_whoever_sends_it() {
    let mut carried = Carried::aside();
    let bytes = pattern(MUCH / 4);
    let mut rest = &bytes[..];
    for size in (1..).step_by(977).map(|size| 1 + size % 40_000) {
        let Some((now, later)) = rest.split_at_checked(size) else {
            break;
        };
        rest = later;
        carried.carrier.write_aside(size % 3 > 0);
        carried.write(now);
    }
    carried.write(rest);
    assert!(carried.until_heard(bytes.len()) == bytes);
    assert_eq!(carried.gate.written(), bytes.len() as u64);
}

#[test]
fn what_the_kernel_does_not_take_is_sent_when_there_is_room() {
    let mut carried = Carried::aside();
    let bytes = pattern(MUCH);
    for part in bytes.chunks(1000) {
        carried.write(part);
    }
    assert!(!carried.carrier.unsent().is_empty());
    assert!(carried.until_heard(bytes.len()) == bytes);
    assert!(carried.carrier.unsent().is_empty());
}

#[test]
fn what_the_kernel_does_not_take_goes_along_to_another_carrier() {
    let mut carried = Carried::aside();
    let bytes = pattern(MUCH);
    for part in bytes.chunks(1000) {
        carried.write(part);
        let parcel = carried.carrier.release(CONN).unwrap();
        carried.carrier.adopt(CONN, parcel);
    }
    assert!(carried.until_heard(bytes.len()) == bytes);
    assert_eq!(carried.gate.written(), bytes.len() as u64);
}

#[test]
fn what_is_written_before_the_end_is_sent() {
    for reset in [None, Some(false)] {
        let mut carried = Carried::aside();
        carried.write(b"request");
        let end = match reset {
            None => Command::Shutdown { conn: CONN },
            Some(reset) => Command::Close { conn: CONN, reset },
        };
        carried.carrier.obey(end, &[]);
        carried.carrier.turn();
        let mut heard = vec![];
        carried.far.read_to_end(&mut heard).unwrap();
        assert_eq!(heard, b"request");
    }
}

#[test]
fn a_failure_is_the_connections_whoever_meets_it() {
    for round in 0..300 {
        let mut carried = Carried::aside();
        carried.write(b"request");
        carried.far.peek(&mut [0]).unwrap();
        let Carried {
            mut carrier, far, ..
        } = carried;
        // Of what is unread the kernel makes a reset.
        drop(far);
        let command = Command::Write {
            conn: CONN,
            range: 0..4,
            acknowledge: false,
        };
        carrier.obey(command, b"more");
        match round % 3 {
            0 => {}
            1 => carrier.obey(Command::Shutdown { conn: CONN }, &[]),
            _ => {
                let parcel = carrier.release(CONN).unwrap();
                carrier.adopt(CONN, parcel);
            }
        }
        let events = next_events(&mut carrier);
        assert!(
            matches!(&events[..], [Event::Failed { code, .. }] if *code == libc::ECONNRESET),
            "{events:?}"
        );
    }
}
