//! What one operation of the pool costs, with few waiters and origins and with very many.
//!
//! Each operation leaves the pool as large as it found it. Origins and waiters are visited far
//! apart from each other, so that caches don't flatter the figures.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use oxagent::pool::{Checkin, Checkout, Limits, OriginId, Pool, Scheduling, SlotId, WaiterId};

const WAITERS: [usize; 3] = [10, 10_000, 1_000_000];
const ORIGINS: [usize; 2] = [1, 100_000];

/// Steps through any number of entries out of order: a prime larger than all of them.
const STRIDE: usize = 15_485_863;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = cycle, wait_and_serve, cancel_from_the_middle, remove_and_open
}
criterion_main!(benches);

/// A request that finds an idle slot, and gives it back.
fn cycle(criterion: &mut Criterion) {
    each_size(criterion, "checkout+checkin+park", 1, |crowd| {
        let origin = crowd.next_quiet();
        let checkout = crowd.pool.checkout(origin, 0, |_| true);
        let Some(Checkout::Reuse(slot)) = checkout else {
            return false;
        };
        let now = crowd.tick() as u64;
        crowd.pool.checkin(slot, 0) == Checkin::Park && crowd.pool.park(slot, 0, Some(1000 + now))
    });
}

/// A request that queues, while a slot comes free and serves the first in the queue.
fn wait_and_serve(criterion: &mut Criterion) {
    each_size(criterion, "wait+serve", 1, |crowd| {
        let (origin, slot) = crowd.next_busy();
        let queued = matches!(
            crowd.pool.checkout(origin, 0, |_| true),
            Some(Checkout::Wait(_))
        );
        queued && matches!(crowd.pool.checkin(slot, 0), Checkin::Serve(_))
    });
}

/// A queued request that is destroyed, wherever in the queue it is; another one queues.
fn cancel_from_the_middle(criterion: &mut Criterion) {
    each_size(criterion, "cancel+wait", 1, |crowd| {
        let tick = crowd.tick();
        let place = tick % crowd.waiters.len();
        let (origin, waiter) = crowd.waiters[place];
        if !crowd.pool.cancel(waiter) {
            return false;
        }
        match crowd.pool.checkout(origin, 0, |_| true) {
            Some(Checkout::Wait(waiter)) => {
                crowd.waiters[place].1 = waiter;
                true
            }
            _ => false,
        }
    });
}

/// A connection that is lost: the waiter that has waited longest, of all origins, opens the next
/// one, and its origin gets another waiter. No origin has reached its own limit, so all of them
/// take part.
fn remove_and_open(criterion: &mut Criterion) {
    each_size(criterion, "remove+poll_open+attach+wait", 2, |crowd| {
        let place = crowd.tick() % crowd.slots.len();
        let slot = crowd.slots[place];
        if !crowd.pool.remove(slot) {
            return false;
        }
        let Some((_, slot)) = crowd.pool.poll_open() else {
            return false;
        };
        crowd.slots[place] = slot;
        let origin = crowd.oldest % crowd.slots.len();
        crowd.oldest += 1;
        let origin = crowd.busy[origin].0;
        crowd.pool.attach(slot, slot, 0)
            && matches!(
                crowd.pool.checkout(origin, 0, |_| true),
                Some(Checkout::Wait(_))
            )
    });
}

fn each_size(
    criterion: &mut Criterion,
    name: &str,
    per_origin: u32,
    operation: impl Fn(&mut Crowd) -> bool,
) {
    let mut group = criterion.benchmark_group(name);
    for origins in ORIGINS {
        for waiters in WAITERS {
            let mut crowd = Crowd::new(origins, waiters, per_origin);
            let id = BenchmarkId::new(format!("{origins} origins"), format!("{waiters} waiters"));
            group.bench_function(id, |bencher| {
                bencher.iter(|| assert!(black_box(operation(&mut crowd))));
            });
        }
    }
    group.finish();
}

/// Busy origins with an active slot and waiters each, as far as these go round, and as many quiet
/// ones with an idle slot.
struct Crowd {
    pool: Pool,
    busy: Vec<(OriginId, SlotId)>,
    quiet: Vec<OriginId>,
    /// The active slots of origins that have waiters.
    slots: Vec<SlotId>,
    /// All waiters, oldest first.
    waiters: Vec<(OriginId, WaiterId)>,
    /// How often the oldest waiter has left: waiters go round the origins in order.
    oldest: usize,
    ticks: usize,
}

impl Crowd {
    /// With `per_origin` 1 it is their own limit that keeps requests waiting; above, the total.
    fn new(origins: usize, waiters: usize, per_origin: u32) -> Self {
        let unlimited = Limits {
            per_origin: 1,
            total: u32::MAX,
            free_per_origin: u32::MAX,
            waiters: u32::MAX,
        };
        let mut pool = Pool::new(unlimited, Scheduling::Lifo);
        let busy: Vec<(OriginId, SlotId)> = (0..origins).map(|_| Self::open(&mut pool)).collect();
        let mut quiet = Vec::new();
        if per_origin == 1 {
            for _ in 0..origins {
                let (origin, slot) = Self::open(&mut pool);
                assert!(pool.park(slot, 0, Some(1000)));
                quiet.push(origin);
            }
        }
        let waiters: Vec<(OriginId, WaiterId)> = busy
            .iter()
            .cycle()
            .take(waiters)
            .map(|&(origin, _)| match pool.checkout(origin, 0, |_| true) {
                Some(Checkout::Wait(waiter)) => (origin, waiter),
                _ => panic!("should wait"),
            })
            .collect();
        if per_origin > 1 {
            pool.set_limits(Limits {
                per_origin: u32::MAX,
                total: pool.total(),
                free_per_origin: u32::MAX,
                waiters: u32::MAX,
            });
        }
        assert!(!pool.has_outputs());
        let crowded = busy.iter().take(waiters.len());
        Self {
            slots: crowded.map(|&(_, slot)| slot).collect(),
            pool,
            busy,
            quiet,
            waiters,
            oldest: 0,
            ticks: 0,
        }
    }

    fn open(pool: &mut Pool) -> (OriginId, SlotId) {
        let origin = pool.origin();
        let Some(Checkout::Open(slot)) = pool.checkout(origin, 0, |_| true) else {
            panic!("should open");
        };
        assert!(pool.attach(slot, slot, 0));
        (origin, slot)
    }

    fn tick(&mut self) -> usize {
        self.ticks = self.ticks.wrapping_add(STRIDE);
        self.ticks
    }

    fn next_busy(&mut self) -> (OriginId, SlotId) {
        let tick = self.tick();
        self.busy[tick % self.busy.len()]
    }

    fn next_quiet(&mut self) -> OriginId {
        let tick = self.tick();
        self.quiet[tick % self.quiet.len()]
    }
}
