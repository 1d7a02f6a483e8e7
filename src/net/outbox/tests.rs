use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::net::Chunk;

fn outbox() -> (Arc<Outbox>, Arc<AtomicUsize>) {
    let woken = Arc::new(AtomicUsize::new(0));
    let wakeup = woken.clone();
    let outbox = Outbox::new(Box::new(move || {
        wakeup.fetch_add(1, Ordering::Relaxed);
    }));
    (Arc::new(outbox), woken)
}

fn data(len: u32) -> Event {
    Event::Data {
        conn: 0,
        epoch: 0,
        chunk: Chunk {
            slab: 0,
            offset: 0,
            len,
            commits: 1,
        },
    }
}

#[test]
fn it_wakes_once_until_all_is_taken() {
    let (outbox, woken) = outbox();
    for conn in 0..3 {
        outbox.push(Event::End { conn });
    }
    let woken = || {
        Outbox::wake_due();
        woken.load(Ordering::Relaxed)
    };
    assert_eq!(woken(), 1);
    assert!(outbox.take(2, &mut VecDeque::new()) > 0);
    outbox.push(Event::End { conn: 3 });
    assert_eq!(woken(), 1);
    assert_eq!(outbox.take(8, &mut VecDeque::new()), 0);
    outbox.push(Event::End { conn: 4 });
    assert_eq!(woken(), 2);
}

#[test]
fn unread_bytes_stop_the_readers_until_they_are_taken() {
    let (outbox, _) = outbox();
    assert!(!outbox.is_full(Waker::noop()));
    outbox.push(data(UNREAD_BYTES_MAX as u32));
    assert!(outbox.is_full(Waker::noop()));
    outbox.take(1, &mut VecDeque::new());
    assert!(!outbox.is_full(Waker::noop()));
}

#[test]
fn pieces_that_follow_each_other_in_memory_are_one_event() {
    let (outbox, _) = outbox();
    let piece = |conn, offset| {
        let chunk = Chunk {
            slab: 0,
            offset,
            len: 10,
            commits: 1,
        };
        Event::Data {
            conn,
            epoch: 0,
            chunk,
        }
    };
    for (conn, offset) in [(1, 0), (1, 10), (2, 20), (1, 30), (1, 50)] {
        outbox.push(piece(conn, offset));
    }
    let mut events = VecDeque::new();
    outbox.take(8, &mut events);
    let mut taken = Vec::new();
    for event in events {
        if let Event::Data { conn, chunk, .. } = event {
            taken.push((conn, chunk.offset, chunk.len, chunk.commits));
        }
    }
    assert_eq!(
        taken,
        [
            (1, 0, 20, 2),
            (2, 20, 10, 1),
            (1, 30, 10, 1),
            (1, 50, 10, 1)
        ]
    );
}

#[test]
fn what_a_connection_has_written_is_one_event() {
    let (outbox, _) = outbox();
    for conn in [1, 1, 2, 1, 1, 1] {
        outbox.push(Event::Written { conn, count: 1 });
    }
    let mut events = VecDeque::new();
    outbox.take(8, &mut events);
    let told = events.iter().map(|event| match event {
        Event::Written { conn, count } => (*conn, *count),
        _ => (0, 0),
    });
    assert_eq!(told.collect::<Vec<_>>(), [(1, 2), (2, 1), (1, 3)]);
}

#[test]
fn a_closed_outbox_keeps_and_says_nothing() {
    let (outbox, woken) = outbox();
    outbox.push(Event::End { conn: 0 });
    outbox.close();
    outbox.push(Event::End { conn: 1 });
    Outbox::wake_due();
    let mut taken = VecDeque::new();
    outbox.take(8, &mut taken);
    assert_eq!((taken.len(), woken.load(Ordering::Relaxed)), (0, 0));
}
