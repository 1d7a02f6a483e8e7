use super::*;

fn held(copies: &Copies) -> usize {
    lock(&copies.0).memory.iter().map(Vec::capacity).sum()
}

#[test]
fn memory_is_used_again() {
    let copies = Copies::default();
    let first = copies.copy(&[1; 65_536]);
    let place = first.bytes().as_ptr();
    drop(first);
    let second = copies.copy(&[2; 65_000]);
    assert_eq!(second.bytes(), [2; 65_000]);
    assert_eq!(second.bytes().as_ptr(), place);
    assert_eq!(held(&copies), 0);
}

#[test]
fn a_small_write_does_not_keep_the_memory_of_a_large_one() {
    let copies = Copies::default();
    drop(copies.copy(&[1; 262_144]));
    let small = copies.copy(&[2; 33_000]);
    assert!(small.bytes.capacity() <= 66_000);
    assert!(held(&copies) >= 262_144);
}

#[test]
fn no_more_is_kept_than_the_bound_and_the_oldest_goes() {
    let copies = Copies::default();
    let all: Vec<Copied> = (0..60).map(|_| copies.copy(&[1; 65_536])).collect();
    drop(all);
    assert!(held(&copies) <= SPARE_BYTES_MAX);
    drop(copies.copy(&[1; 200_000]));
    assert!(held(&copies) <= SPARE_BYTES_MAX);
    assert_eq!(held(&copies), lock(&copies.0).bytes);
    let newest = lock(&copies.0).memory.back().map(Vec::capacity);
    assert_eq!(newest, Some(200_000));
}
