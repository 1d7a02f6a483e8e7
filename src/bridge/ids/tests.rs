use std::collections::HashSet;

use super::*;

fn take(ids: &mut Ids, count: usize) -> Vec<ConnId> {
    (0..count).map(|_| ids.take().expect("an id")).collect()
}

#[test]
fn environments_never_share_an_id() {
    let mut both = [Ids::default(), Ids::default()];
    let mut seen = HashSet::new();
    for round in 0..100 {
        for ids in &mut both {
            let taken = take(ids, 3);
            assert!(taken.iter().all(|&conn| seen.insert(conn)), "{round}");
            let back = taken[1];
            seen.remove(&back);
            ids.give_back(back);
        }
    }
}

#[test]
fn an_id_is_used_again_and_no_block_is_taken_for_it() {
    let mut ids = Ids::default();
    let first = take(&mut ids, 1)[0];
    for _ in 0..1000 {
        ids.give_back(first);
        assert_eq!(ids.take(), Some(first));
    }
    assert_eq!(ids.blocks.len(), 1);
    take(&mut ids, BLOCK_IDS as usize);
    assert_eq!(ids.blocks.len(), 2);
}

#[test]
fn ids_of_an_environment_that_has_ended_come_back() {
    // Other tests of this process take blocks as well, but never so many.
    let mut ids = Ids::default();
    take(&mut ids, 1000 * BLOCK_IDS as usize);
    let highest = *ids.blocks.iter().max().expect("a block");
    ids.end();
    assert_eq!(ids.take(), None);
    for _ in 0..10 {
        let mut ids = Ids::default();
        let again = take(&mut ids, 900 * BLOCK_IDS as usize);
        assert!(again.iter().all(|&conn| conn / BLOCK_IDS <= highest));
    }
}

#[test]
fn the_lowest_free_block_goes_out_first_and_no_more_than_there_are() {
    let mut blocks = Blocks::new(4);
    let all: Vec<_> = std::iter::from_fn(|| blocks.take()).collect();
    assert_eq!(all, [0, 1, 2, 3]);
    blocks.free.extend([2, 0, 3].map(Reverse));
    assert_eq!((blocks.take(), blocks.take()), (Some(0), Some(2)));
}

#[test]
fn the_last_id_is_a_positive_integer_of_javascript() {
    let last = (BLOCKS_MAX - 1) * BLOCK_IDS + (BLOCK_IDS - 1);
    assert_eq!(i32::try_from(last), Ok(i32::MAX));
}
