use super::super::fixtures::*;
use super::*;

fn names(of: &str, count: usize) -> Vec<Vec<u8>> {
    let key = Party::self_signed(ca(of));
    let names = (0..count).map(|n| ca(&format!("{of} {n}")));
    let roots = names.map(|params| Party::self_signed_by(params, key.same_key()));
    roots.map(|root| root.der.to_vec()).collect()
}

fn count(roots: &Roots, leaf: &Party) -> usize {
    let leaf = Facts::read(&leaf.der).unwrap();
    let candidates = roots.candidates([leaf.issuer()].into_iter());
    candidates.map_or(0, |found| found.len())
}

#[test]
fn a_judgement_among_many_roots_looks_at_as_few_as_among_one() {
    let root = Party::self_signed(ca("root"));
    let intermediate = root.issue(ca("intermediate"));
    let leaf = intermediate.issue(server());
    let bundled = vec![root.der.to_vec()];
    let own = vec![intermediate.der.to_vec()];
    let few = Roots::new(bundled.clone(), own.clone());
    let many = Roots::new(
        [bundled, names("bundled", 150)].concat(),
        [own, names("own", 150)].concat(),
    );
    assert_eq!((few.by_subject.len(), count(&few, &leaf)), (2, 2));
    assert_eq!((many.by_subject.len(), count(&many, &leaf)), (302, 2));
}

#[test]
fn the_same_certificate_twice_is_one_in_each_list() {
    let root = Party::self_signed(ca("root"));
    let twice = vec![root.der.to_vec(), root.der.to_vec()];
    let roots = Roots::new(twice.clone(), twice);
    assert_eq!(count(&roots, &root.issue(server())), 2);
}

#[test]
fn own_cas_that_issued_each_other_end_the_search() {
    let (one, other) = (
        Party::self_signed(ca("one")),
        Party::self_signed(ca("other")),
    );
    let round = [
        one.issue_for(ca("other"), other.same_key()),
        other.issue_for(ca("one"), one.same_key()),
    ];
    let own = round.iter().map(|ca| ca.der.to_vec()).collect();
    assert_eq!(count(&Roots::new(vec![], own), &one.issue(server())), 2);
}

#[test]
fn a_certificate_that_cannot_be_read_leaves_nothing_to_be_said_of_its_name() {
    let resources = [1, 3, 6, 1, 5, 5, 7, 1, 7];
    let unread = Party::self_signed(extended(
        ca("unread"),
        extension(&resources, false, tlv(5, &[])),
    ));
    let roots = Roots::new(vec![], vec![unread.der.to_vec()]);
    let leaf = unread.issue(server());
    let leaf = Facts::read(&leaf.der).unwrap();
    assert!(roots.candidates([leaf.issuer()].into_iter()).is_none());
    assert!(roots.candidates([leaf.subject()].into_iter()).is_some());
}

#[test]
fn what_is_no_certificate_is_skipped() {
    let root = Party::self_signed(ca("root"));
    let der = vec![
        vec![],
        b"noise".to_vec(),
        root.der.to_vec(),
        root.der[1..].to_vec(),
        [&root.der[..], b"more"].concat(),
    ];
    let roots = Roots::new(der.clone(), der);
    assert_eq!(count(&roots, &root.issue(server())), 2);
    assert_eq!(roots.by_subject.len(), 1);
}
