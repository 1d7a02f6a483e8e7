use super::*;

fn session(accepted: bool) -> Session {
    let group = Group::new("a.example");
    group.accepted.store(accepted, Ordering::Relaxed);
    Session::new(group)
}

#[test]
fn a_session_is_found_as_long_as_somebody_holds_it() {
    let [first, again] = [session(true), session(true)];
    let id = first.id();
    assert!(find(id, "a.example").is_some());
    drop(first);
    assert!(find(id, "a.example").is_none());
    assert!(!lock(&HELD).contains_key(&id));
    assert!(find(again.id(), "a.example").is_some());
}

#[test]
fn what_no_token_holds_is_stored_nowhere() {
    let sessions = ConnSessions::new(Arc::default(), "a.example", None);
    sessions.accept();
    assert!(find(sessions.id(), "a.example").is_none());
    let held = sessions.hold();
    assert_eq!(held.id(), sessions.id());
    drop(held);
    // The connection still has it, for the next token.
    let (held, id) = (sessions.hold(), sessions.id());
    drop(sessions);
    assert!(find(id, "a.example").is_some());
    drop(held);
    assert!(find(id, "a.example").is_none());
}

#[test]
fn no_session_pushes_out_anothers() {
    let first = session(true);
    let others: Vec<_> = (0..10_000).map(|_| session(true)).collect();
    assert!(find(first.id(), "a.example").is_some());
    assert!(find(others[0].id(), "a.example").is_some());
}

#[test]
fn a_session_is_for_its_identity_alone() {
    let session = session(true);
    assert!(find(session.id(), "b.example").is_none());
}

#[test]
fn a_server_that_was_refused_is_not_resumed() {
    let session = session(false);
    assert!(find(session.id(), "a.example").is_none());
}

#[test]
fn nothing_is_fresh_before_a_session_comes() {
    let sessions = ConnSessions::new(Arc::default(), "a.example", None);
    assert!(sessions.take_fresh(false).is_none());
}
