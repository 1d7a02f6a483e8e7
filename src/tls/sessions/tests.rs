use super::*;

fn groups(accepted: bool) -> Groups {
    let mut groups = Groups::default();
    let group = Group::new("a.example");
    group.accepted.store(accepted, Ordering::Relaxed);
    groups.remember(0, group);
    groups
}

#[test]
fn the_oldest_group_is_forgotten() {
    let mut groups = groups(true);
    for id in 1..GROUPS_MAX as u64 {
        groups.remember(id, Group::new("b.example"));
    }
    assert!(groups.find(0, "a.example").is_some());
    groups.remember(GROUPS_MAX as u64, Group::new("b.example"));
    assert!(groups.find(0, "a.example").is_none());
}

#[test]
fn a_group_is_for_its_identity_alone() {
    assert!(groups(true).find(0, "b.example").is_none());
}

#[test]
fn a_server_that_was_refused_is_not_resumed() {
    assert!(groups(false).find(0, "a.example").is_none());
}

#[test]
fn nothing_is_fresh_before_a_session_comes() {
    let sessions = ConnSessions::new(Arc::default(), "a.example", None);
    assert!(sessions.take_fresh(false).is_none());
    assert!(sessions.own_id.lock().unwrap().is_none());
}
