use super::*;

#[test]
fn values_of_blocks_far_apart_are_kept_apart_and_told_in_order() {
    let mut table = ConnTable::default();
    let ids = [9, 3, 64, 64 * 1000 + 63, 64 * 1000];
    for conn in ids {
        assert_eq!(table.insert(conn, conn + 1), None);
    }
    assert!(ids.iter().all(|&conn| table.get(conn) == Some(&(conn + 1))));
    assert_eq!((table.get(10), table.get(64 * 500)), (None, None));
    for (conn, value) in table.iter_mut() {
        assert_eq!(*value, conn + 1);
        *value = conn;
    }
    let mut sorted = ids;
    sorted.sort_unstable();
    assert!(table.values().eq(&sorted));
    assert_eq!(table.into_values().collect::<Vec<_>>(), sorted);
}

#[test]
fn an_id_that_was_never_used_takes_no_memory() {
    let mut table: ConnTable<u8> = ConnTable::default();
    assert_eq!(table.get_mut(u32::MAX), None);
    assert_eq!(table.remove(u32::MAX), None);
    assert!(table.pages.is_empty());
    table.insert(64 * 100, 1);
    assert_eq!(table.pages.iter().flatten().count(), 1);
}

#[test]
fn a_value_is_there_until_it_is_removed_or_replaced() {
    let mut table = ConnTable::default();
    table.insert(70, 'a');
    assert_eq!(table.insert(70, 'b'), Some('a'));
    assert_eq!(table.get_mut(70), Some(&mut 'b'));
    assert_eq!(table.remove(70), Some('b'));
    assert_eq!((table.remove(70), table.get(70)), (None, None));
}
