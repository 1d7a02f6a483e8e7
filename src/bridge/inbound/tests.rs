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
