use std::collections::HashMap;

use super::*;

#[test]
fn chunks_of_a_slab_never_overlap_and_a_full_slab_is_left() {
    let table = Arc::new(SlabTable::default());
    let mut writer = Writer::new(table.clone());
    let mut end = 0;
    for _ in 0..3 {
        assert!(writer.room(4096).len() >= 4096);
        let chunk = writer.commit(100);
        assert_eq!((chunk.slab, chunk.offset, chunk.len), (0, end, 100));
        end += 100;
    }
    assert_eq!(writer.room(LARGE_BYTES).len(), LARGE_BYTES);
    assert_eq!(writer.commit(1).slab, 1);
    assert_eq!(lock(&table.inner).retired.len(), 1);
}

#[test]
fn a_slab_that_was_dealt_with_is_filled_again() {
    let mut inner = Inner::default();
    let first = inner.begin(SMALL_BYTES);
    assert_ne!(inner.begin(SMALL_BYTES).slab, first.slab);
    assert!(inner.recycle(first.slab));
    assert_ne!(inner.begin(LARGE_BYTES).slab, first.slab);
    let again = inner.begin(SMALL_BYTES);
    assert_eq!((again.slab, again.used), (first.slab, 0));
    assert!(Arc::ptr_eq(&again.memory, &first.memory));
    assert_eq!(inner.free_bytes, 0);
}

#[test]
fn no_more_is_kept_than_the_next_reads_need() {
    let mut inner = Inner::default();
    let slabs: Vec<_> = (0..20).map(|_| inner.begin(LARGE_BYTES).slab).collect();
    let kept = slabs.iter().filter(|&&slab| inner.recycle(slab)).count();
    assert_eq!(kept, FREE_BYTES_MAX / LARGE_BYTES);
    let odd = inner.begin(LARGE_BYTES + 1).slab;
    assert!(!inner.recycle(odd));
}

/// Slabs as JavaScript has them: by pointer, from the first chunk of each on.
#[derive(Default)]
struct Script {
    shown: HashMap<u32, Arc<SlabMemory>>,
}

impl Script {
    /// Takes a chunk and reads it through the pointer that it had at first.
    fn read(&mut self, reader: &mut Reader, chunk: Chunk) -> Vec<u8> {
        if let Some(memory) = reader.take(chunk) {
            self.shown.insert(chunk.slab, memory);
            reader.has_shown(chunk.slab);
        }
        bytes_of(&self.shown[&chunk.slab], chunk)
    }

    fn sweep(&mut self, reader: &mut Reader) {
        let hidden = reader.sweep(|slab| self.shown.remove(&slab).map(drop).ok_or(slab));
        assert_eq!(hidden, Ok(()));
    }
}

fn bytes_of(memory: &SlabMemory, chunk: Chunk) -> Vec<u8> {
    let start = memory.committed(chunk);
    // SAFETY: the chunk was committed, and is not yet dealt with or is kept.
    (0..chunk.len as usize)
        .map(|at| unsafe { start.add(at).read() })
        .collect()
}

fn fill(writer: &mut Writer, least: usize, byte: u8, len: usize) -> Chunk {
    let room = writer.room(least);
    for place in &mut room[..len] {
        place.write(byte);
    }
    writer.commit(len)
}

// Both ends at once, also for Miri: the writer's references and the reader's pointers are to parts
// of one slab, and never to the same part.
#[test]
fn what_was_committed_is_read_while_more_is_written() {
    let table = Arc::new(SlabTable::default());
    let mut writer = Writer::new(table.clone());
    let mut reader = Reader::new(table.clone());
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    let rounds = if cfg!(miri) { 60 } else { 6000 };
    let writing = std::thread::spawn(move || {
        for round in 0..rounds {
            // Many in one slab, some of which ask for more than is left of it, and some large ones.
            let least = [100, SMALL_BYTES / 2, 100, LARGE_BYTES][round % 4];
            let byte = round as u8;
            let chunk = fill(&mut writer, least, byte, 1 + round % 100);
            sender.send((byte, chunk)).expect("it is read");
        }
    });
    let mut script = Script::default();
    for (round, (byte, chunk)) in receiver.iter().enumerate() {
        let bytes = script.read(&mut reader, chunk);
        assert!(bytes.iter().all(|&read| read == byte), "round {round}");
        if round % 3 == 0 {
            script.sweep(&mut reader);
        }
    }
    writing.join().expect("all was written");
    script.sweep(&mut reader);
    assert!(
        lock(&table.inner).slabs.len() < 20,
        "slabs are filled again"
    );
}

#[test]
fn a_slab_of_which_a_part_is_kept_stays_as_it_was() {
    let table = Arc::new(SlabTable::default());
    let mut writer = Writer::new(table.clone());
    let mut reader = Reader::new(table);
    let mut script = Script::default();
    let chunk = fill(&mut writer, LARGE_BYTES, 7, 500);
    assert_eq!(script.read(&mut reader, chunk), [7; 500]);
    let kept = script.shown[&chunk.slab].clone();
    reader.keep(chunk.slab);
    for _ in 0..4 {
        let others = fill(&mut writer, LARGE_BYTES, 8, 500);
        script.read(&mut reader, others);
        script.sweep(&mut reader);
    }
    assert_eq!(bytes_of(&kept, chunk), [7; 500]);
    assert_eq!(Arc::strong_count(&kept), 1, "nobody fills it again");
}

// Where there can be no Buffer over a slab each chunk is copied: its slab is asked for each time.
#[test]
fn a_slab_that_is_never_shown_is_answered_for_each_chunk_and_filled_again() {
    let table = Arc::new(SlabTable::default());
    let mut writer = Writer::new(table.clone());
    let mut reader = Reader::new(table.clone());
    for round in 0..40 {
        let chunk = fill(&mut writer, SMALL_BYTES / 2 + 1, round, 300);
        let memory = reader.take(chunk).expect("its slab");
        assert_eq!(bytes_of(&memory, chunk), [round; 300]);
        assert_eq!(reader.sweep(Err), Ok(()), "nothing was shown");
    }
    assert!(lock(&table.inner).slabs.len() <= 3);
}
