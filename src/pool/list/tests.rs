use super::*;

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
