use super::*;

#[test]
fn ids_are_dense_and_used_again() {
    let mut table = Table::default();
    assert_eq!(table.insert('a'), Some(0));
    assert_eq!(table.insert('b'), Some(1));
    assert_eq!(table.remove(0), Some('a'));
    assert_eq!(table.insert('c'), Some(0));
    assert!(!table.is_full());
}

#[test]
fn unknown_id_is_none() {
    let mut table: Table<char> = Table::default();
    assert_eq!(table.get(7), None);
    assert_eq!(table.get_mut(NO_ID), None);
    assert_eq!(table.remove(7), None);
    assert!(!table.contains(NO_ID));
}

#[test]
fn empty_table_gives_the_memory_of_a_burst_back() {
    let mut table = Table::default();
    for n in 0..5000 {
        table.insert(n);
    }
    for id in 0..5000 {
        table.remove(id);
    }
    assert_eq!(table.entries.capacity(), 0);
}

#[derive(Debug)]
struct Only;

#[derive(Debug, Default)]
struct Entry(Links);

impl Linked<Only> for Entry {
    fn links(&self) -> &Links {
        &self.0
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.0
    }
}

fn three() -> (Table<Entry>, List<Only>) {
    let mut table = Table::default();
    let mut list = List::default();
    for _ in 0..3 {
        if let Some(id) = table.insert(Entry::default()) {
            list.push_back(&mut table, id);
        }
    }
    (table, list)
}

#[test]
fn entries_leave_from_both_ends_and_the_middle() {
    for (leaver, rest) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
        let (mut table, mut list) = three();
        list.unlink(&mut table, leaver);
        assert!(list.iter(&table).eq(rest));
        assert_eq!((list.front(), list.back()), (Some(rest[0]), Some(rest[1])));
        list.push_back(&mut table, leaver);
        assert!(list.iter(&table).eq([rest[0], rest[1], leaver]));
    }
}

#[test]
fn popping_empties_the_list() {
    let (mut table, mut list) = three();
    for id in 0..3 {
        assert_eq!(list.pop_front(&mut table), Some(id));
    }
    assert_eq!(list.pop_front(&mut table), None);
    assert!(list.is_empty());
    assert_eq!((list.front(), list.back()), (None, None));
}
