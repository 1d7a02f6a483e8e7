use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::task::{LocalSet, spawn_local, yield_now};

use super::*;
use crate::net::Event;

/// What a step takes: five of them are a part of a turn.
const STEP: Duration = Duration::from_micros(100);

const TASKS: usize = 1000;

/// How long a test waits for what must come. It waits so long for nothing but a fault.
const PATIENCE: Duration = Duration::from_secs(20);

fn on_a_reactor<T>(root: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    LocalSet::new().block_on(&runtime.unwrap(), in_turns(root))
}

fn busy() {
    let begun = Instant::now();
    while begun.elapsed() < STEP {}
}

/// Lets the tasks go on until so many steps are done. Returns the most between two turns.
async fn until(count: usize, done: &RefCell<Vec<usize>>) -> usize {
    let begun = Instant::now();
    let (mut seen, mut most) = (0, 0);
    while seen < count {
        assert!(begun.elapsed() < PATIENCE, "{seen} of {count}");
        yield_now().await;
        let now = done.borrow().len();
        most = most.max(now - seen);
        seen = now;
    }
    most
}

#[test]
fn whoever_sleeps_is_woken_though_the_thread_never_rests() {
    let woken = Arc::new(AtomicU32::new(0));
    let wakeup = woken.clone();
    let outbox = Arc::new(Outbox::new(Box::new(move || {
        wakeup.fetch_add(1, Ordering::Relaxed);
    })));
    on_a_reactor(async {
        outbox.push(Event::End { conn: 0 });
        let begun = Instant::now();
        while woken.load(Ordering::Relaxed) == 0 {
            assert!(begun.elapsed() < PATIENCE);
            yield_now().await;
        }
    });
}

#[test]
fn an_open_connection_does_not_wait_for_all_that_are_made() {
    let made = Rc::<RefCell<Vec<_>>>::default();
    let served = Rc::<Cell<Option<usize>>>::default();
    on_a_reactor(async {
        for index in 0..TASKS {
            let made = made.clone();
            spawn_local(making(async move {
                busy();
                made.borrow_mut().push(index);
            }));
        }
        let (before, at) = (made.clone(), served.clone());
        spawn_local(async move { at.set(Some(before.borrow().len())) });
        let most = until(TASKS, &made).await;
        assert!(most <= 8, "{most} in one turn");
    });
    let before = served.get().unwrap();
    assert!(before < TASKS / 4, "behind {before} of {TASKS}");
    assert!(made.borrow().is_sorted(), "in the order in which they came");
}

#[test]
fn connections_that_are_given_up_while_they_wait_hold_up_nobody() {
    let made = Rc::<RefCell<Vec<_>>>::default();
    on_a_reactor(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|index| {
                let made = made.clone();
                spawn_local(making(async move {
                    busy();
                    made.borrow_mut().push(index);
                }))
            })
            .collect();
        yield_now().await;
        // All of them wait by now, but for the first.
        for task in tasks.iter().take(TASKS - 3) {
            task.abort();
        }
        let begun = Instant::now();
        while !made.borrow().ends_with(&[TASKS - 3, TASKS - 2, TASKS - 1]) {
            assert!(begun.elapsed() < PATIENCE, "{:?}", made.borrow().last());
            yield_now().await;
        }
    });
}
