//! The pool against a model of it: plain vectors, searched from end to end, so that each rule can
//! be read off. Random operations drive both, and after every step they must agree.
//!
//! `PROPTEST_CASES` sets how many sequences are tried. `fuzz/` drives the same two with libFuzzer.

use oxagent::pool::{
    Carrier, Checkin, Checkout, FOREIGN, Left, Lifetimes, Limits, MAX_PASSES, OriginId, Pool,
    Scheduling, SlotId, WaiterId,
};
use proptest::prelude::*;

/// What can be done to a pool. A `Pick` chooses among what exists; some choose what does not.
#[derive(Clone, Debug)]
pub enum Op {
    /// A request, in a new origin or in an old one.
    Checkout {
        origin: Pick,
        new: bool,
    },
    /// An origin that nobody uses.
    Origin,
    Open(Pick),
    Attach(Pick, bool),
    /// The carrier of this slot dies, which only `claim` will notice.
    Kill(Pick),
    Checkin(Pick),
    /// What the caller does with a free slot: check in, then obey.
    Free(Pick, Option<u64>),
    Park(Pick, Option<u64>),
    /// A program picks an idle slot.
    Take(Pick),
    Remove(Pick),
    Retire(Pick),
    Cancel(Pick),
    Pass(u64),
    Expire,
    /// Whoever has waited for too long leaves.
    Late,
    SetLimits(Limits),
    SetScheduling(Scheduling),
    /// All outputs. Other steps leave them to wait, as calls that come in between would.
    Drain,
}

#[derive(Clone, Copy, Debug)]
pub enum Pick {
    Nth(usize),
    Raw(u32),
}

impl Pick {
    fn from(self, ids: &[u32]) -> u32 {
        match self {
            Self::Nth(n) if !ids.is_empty() => ids[n % ids.len()],
            Self::Nth(_) => 0,
            Self::Raw(id) => id,
        }
    }
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        30 => any::<usize>().prop_map(Pick::Nth),
        1 => prop_oneof![0..20_u32, Just(u32::MAX)].prop_map(Pick::Raw),
    ]
}

fn limit(below: u32) -> impl Strategy<Value = u32> {
    prop_oneof![4 => 1..below, 1 => Just(0), 1 => Just(u32::MAX)]
}

fn limits() -> impl Strategy<Value = Limits> {
    (limit(5), limit(10), limit(4), limit(12)).prop_map(
        |(per_origin, total, free_per_origin, waiters)| Limits {
            per_origin,
            total,
            free_per_origin,
            waiters,
        },
    )
}

fn lifetimes() -> impl Strategy<Value = Lifetimes> {
    let bound = || proptest::option::of(prop_oneof![1..10_u64, 10..100_u64]);
    let requests = proptest::option::of(prop_oneof![1..10_u32, 10..30_u32]);
    (bound(), bound(), requests, bound()).prop_map(|(idle, age, requests, wait)| Lifetimes {
        idle,
        age,
        requests,
        wait,
    })
}

fn scheduling() -> impl Strategy<Value = Scheduling> {
    prop_oneof![Just(Scheduling::Lifo), Just(Scheduling::Fifo)]
}

fn deadline() -> impl Strategy<Value = Option<u64>> {
    proptest::option::weighted(0.7, 0..50_u64)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        14 => (pick(), prop::bool::weighted(0.15))
            .prop_map(|(origin, new)| Op::Checkout { origin, new }),
        1 => Just(Op::Origin),
        2 => pick().prop_map(Op::Open),
        8 => (pick(), prop::bool::weighted(0.2)).prop_map(|(id, foreign)| Op::Attach(id, foreign)),
        1 => pick().prop_map(Op::Kill),
        3 => pick().prop_map(Op::Checkin),
        12 => (pick(), deadline()).prop_map(|(slot, deadline)| Op::Free(slot, deadline)),
        1 => (pick(), deadline()).prop_map(|(slot, deadline)| Op::Park(slot, deadline)),
        1 => pick().prop_map(Op::Take),
        3 => pick().prop_map(Op::Remove),
        1 => pick().prop_map(Op::Retire),
        2 => pick().prop_map(Op::Cancel),
        2 => (0..20_u64).prop_map(Op::Pass),
        1 => Just(Op::Expire),
        1 => Just(Op::Late),
        1 => limits().prop_map(Op::SetLimits),
        1 => scheduling().prop_map(Op::SetScheduling),
        12 => Just(Op::Drain),
    ]
}

proptest! {
    #[test]
    fn pool_agrees_with_the_model(
        limits in limits(),
        lifetimes in lifetimes(),
        seed in any::<u64>(),
        scheduling in scheduling(),
        ops in prop::collection::vec(op(), 1..400),
    ) {
        let mut test = Test::new(limits, scheduling);
        test.set_lifetimes(lifetimes, seed);
        for op in ops {
            test.step(&op)?;
            test.compare()?;
        }
        test.finish()?;
    }

    /// Two busy origins and small limits, where hand-overs, passes and closes are frequent.
    #[test]
    fn pool_agrees_with_the_model_under_contention(
        total in 1..4_u32,
        ops in prop::collection::vec((0..5_u8, any::<usize>()), 1..400),
    ) {
        let limits = Limits { per_origin: 3, total, free_per_origin: 2, waiters: u32::MAX };
        let mut test = Test::new(limits, Scheduling::Lifo);
        test.step(&Op::Checkout { origin: Pick::Nth(0), new: true })?;
        test.step(&Op::Checkout { origin: Pick::Nth(0), new: true })?;
        for (kind, nth) in ops {
            let nth = Pick::Nth(nth);
            test.step(&Op::Checkout { origin: nth, new: false })?;
            test.step(&match kind {
                0 => Op::Attach(nth, false),
                1 => Op::Remove(nth),
                2 => Op::Free(nth, None),
                _ => Op::Free(nth, Some(50)),
            })?;
            test.step(&Op::Attach(nth, false))?;
            test.step(&Op::Drain)?;
            test.compare()?;
        }
        test.finish()?;
    }
}

pub type Check<T = ()> = Result<T, TestCaseError>;

/// Both sides, and what the caller would know.
pub struct Test {
    pool: Pool,
    model: Model,
    now: u64,
    carriers: Carrier,
    dead: Vec<Carrier>,
}

impl Test {
    pub fn new(limits: Limits, scheduling: Scheduling) -> Self {
        Self {
            pool: Pool::new(limits, scheduling),
            model: Model::new(limits, scheduling),
            now: 0,
            carriers: 0,
            dead: Vec::new(),
        }
    }

    pub fn set_lifetimes(&mut self, lifetimes: Lifetimes, seed: u64) {
        self.pool.set_lifetimes(lifetimes, seed);
        self.model.lifetimes = lifetimes;
    }

    pub fn step(&mut self, op: &Op) -> Check {
        match *op {
            Op::Checkout { origin, new } => {
                let origin = if new || self.model.origins.is_empty() {
                    self.origin()?
                } else {
                    origin.from(&self.model.origins)
                };
                self.checkout(origin)?;
            }
            Op::Origin => {
                self.origin()?;
            }
            Op::Open(origin) => {
                let origin = origin.from(&self.model.origins);
                let slot = self.pool.open(origin);
                prop_assert_eq!(slot.is_some(), self.model.knows(origin));
                if let Some(slot) = slot {
                    self.model.add_slot(slot, origin)?;
                }
            }
            Op::Attach(slot, foreign) => {
                let slot = slot.from(&self.model.slot_ids());
                let carrier = if foreign { FOREIGN } else { self.carriers };
                self.carriers += 1;
                let expected = self.model.attach(slot, carrier);
                prop_assert_eq!(self.pool.attach(slot, carrier, self.now), expected);
                if expected {
                    let left = self.pool.left(slot).unwrap_or_default();
                    self.model.begin_life(slot, left, self.now)?;
                }
            }
            Op::Kill(slot) => {
                let slot = slot.from(&self.model.slot_ids());
                self.dead
                    .extend(self.model.slot(slot).map(|slot| slot.carrier));
            }
            Op::Checkin(slot) => {
                let slot = slot.from(&self.model.slot_ids());
                self.checkin(slot)?;
            }
            Op::Free(slot, deadline) => {
                let slot = slot.from(&self.model.slot_ids());
                match self.checkin(slot)? {
                    Checkin::Serve(_) => {}
                    Checkin::Park => prop_assert!(self.park(slot, deadline)?),
                    // Some connections take a while to close.
                    Checkin::Close if deadline.is_none() => {}
                    Checkin::Close => self.remove(slot)?,
                }
            }
            Op::Park(slot, deadline) => {
                let slot = slot.from(&self.model.slot_ids());
                self.park(slot, deadline)?;
            }
            Op::Take(slot) => {
                let slot = slot.from(&self.model.slot_ids());
                let alive = |carrier| !self.dead.contains(&carrier);
                let taken = self.pool.take(slot, self.now, alive);
                prop_assert_eq!(taken, self.model.take(slot, self.now, &self.dead));
            }
            Op::Remove(slot) => {
                let slot = slot.from(&self.model.slot_ids());
                self.remove(slot)?;
            }
            Op::Retire(slot) => {
                let slot = slot.from(&self.model.slot_ids());
                prop_assert_eq!(self.pool.retire(slot), self.model.retire(slot));
            }
            Op::Cancel(waiter) => {
                let waiter = waiter.from(&self.model.waiter_ids());
                let expected = self.model.unqueue(waiter);
                prop_assert_eq!(self.pool.cancel(waiter), expected);
            }
            Op::Pass(time) => self.now += time,
            Op::Expire => {
                self.pool.expire(self.now);
                self.model.expire(self.now);
            }
            Op::Late => {
                while let Some(expected) = self.model.late(self.now) {
                    prop_assert_eq!(self.pool.poll_late(self.now), Some(expected));
                }
                prop_assert_eq!(self.pool.poll_late(self.now), None);
            }
            Op::SetLimits(limits) => {
                self.pool.set_limits(limits);
                self.model.set_limits(limits);
            }
            Op::SetScheduling(scheduling) => {
                self.pool.set_scheduling(scheduling);
                self.model.scheduling = scheduling;
            }
            Op::Drain => self.drain()?,
        }
        Ok(())
    }

    fn origin(&mut self) -> Check<OriginId> {
        let origin = self.pool.origin();
        self.model.add_origin(origin)?;
        Ok(origin)
    }

    fn checkout(&mut self, origin: OriginId) -> Check {
        let mut claimed = Vec::new();
        let answer = self.pool.checkout(origin, self.now, |carrier| {
            claimed.push(carrier);
            !self.dead.contains(&carrier)
        });
        let expected = self.model.checkout(origin, self.now, &self.dead);
        prop_assert_eq!(&claimed, &expected.claimed);
        match (answer, expected.answer) {
            (None, Answer::Unknown) => {}
            (Some(Checkout::Reuse(slot)), Answer::Reuse(expected)) => {
                prop_assert_eq!(slot, expected);
            }
            (Some(Checkout::Open(slot)), Answer::Open) => {
                self.model.add_slot(slot, origin)?;
                self.model.within_limits(origin)?;
            }
            (Some(Checkout::Wait(waiter)), Answer::Wait) => {
                self.model.add_waiter(waiter, origin, self.now)?
            }
            (Some(Checkout::Refuse), Answer::Refuse) => {}
            (answer, expected) => {
                return Err(TestCaseError::fail(format!(
                    "{answer:?} is not {expected:?}"
                )));
            }
        }
        Ok(())
    }

    fn checkin(&mut self, slot: SlotId) -> Check<Checkin> {
        let answer = self.pool.checkin(slot, self.now);
        prop_assert_eq!(answer, self.model.checkin(slot, self.now));
        Ok(answer)
    }

    fn park(&mut self, slot: SlotId, deadline: Option<u64>) -> Check<bool> {
        let deadline = deadline.map(|after| self.now + after);
        let answer = self.pool.park(slot, self.now, deadline);
        let drawn = self.pool.deadline(slot);
        prop_assert_eq!(answer, self.model.park(slot, self.now, deadline, drawn)?);
        Ok(answer)
    }

    fn remove(&mut self, slot: SlotId) -> Check {
        let expected = self.model.remove(slot);
        prop_assert_eq!(self.pool.remove(slot), expected);
        Ok(())
    }

    /// Takes all outputs, and then nothing may be left that the pool could have done.
    fn drain(&mut self) -> Check {
        while self.pool.has_outputs() {
            while let Some((waiter, slot)) = self.pool.poll_open() {
                let expected = self.model.poll_open();
                prop_assert_eq!(Some(waiter), expected.map(|waiter| waiter.id));
                if let Some(Waiter { origin, .. }) = expected {
                    self.model.add_slot(slot, origin)?;
                    self.model.within_limits(origin)?;
                }
            }
            while let Some(slot) = self.pool.poll_drop() {
                prop_assert!(!self.model.dropped.is_empty(), "nothing was let go of");
                prop_assert_eq!(slot, self.model.dropped.remove(0));
            }
            while let Some(origin) = self.pool.poll_gone() {
                prop_assert!(self.model.knows(origin) && self.model.is_unused(origin));
                self.model.origins.retain(|known| *known != origin);
            }
        }
        prop_assert_eq!(self.pool.poll_open(), None);
        prop_assert_eq!(self.pool.poll_drop(), None);
        prop_assert_eq!(self.pool.poll_gone(), None);
        self.model.nothing_left_to_do()
    }

    /// Everything that can be seen is as in the model.
    pub fn compare(&self) -> Check {
        let (pool, model) = (&self.pool, &self.model);
        prop_assert_eq!(pool.total() as usize, model.slots.len());
        prop_assert_eq!(pool.next_deadline(), model.next_deadline());
        prop_assert_eq!(pool.waiting() as usize, model.queue.len());
        for &origin in &model.origins {
            let active: Vec<SlotId> = pool.active(origin).collect();
            prop_assert_eq!(&active, &model.active(origin));
            let idle: Vec<SlotId> = pool.idle(origin).collect();
            prop_assert_eq!(&idle, &model.idle(origin));
            for &slot in active.iter().chain(&idle) {
                prop_assert_eq!(pool.left(slot), model.slot(slot).map(|slot| slot.left));
            }
            let waiters: Vec<WaiterId> = pool.waiters(origin).collect();
            prop_assert_eq!(&waiters, &model.waiters(origin));
            let counts = [active.len(), idle.len(), waiters.len()].map(|n| n as u32);
            prop_assert_eq!(pool.counts(origin), counts.into());
        }
        Ok(())
    }

    /// When everybody has left, nothing stays.
    pub fn finish(&mut self) -> Check {
        for waiter in self.model.waiter_ids() {
            self.step(&Op::Cancel(Pick::Raw(waiter)))?;
        }
        self.drain()?;
        for slot in self.model.slot_ids() {
            self.step(&Op::Remove(Pick::Raw(slot)))?;
        }
        self.drain()?;
        self.compare()?;
        prop_assert_eq!(self.pool.total(), 0);
        prop_assert!(self.model.origins.is_empty());
        Ok(())
    }
}

/// The rules of the pool, written to be read. It takes the ids that the pool gives out.
struct Model {
    limits: Limits,
    lifetimes: Lifetimes,
    scheduling: Scheduling,
    origins: Vec<OriginId>,
    /// In the order in which they took the state they are in.
    slots: Vec<Slot>,
    /// In the order in which they came.
    queue: Vec<Waiter>,
    /// Let go of and not polled yet.
    dropped: Vec<SlotId>,
    /// The most ids there ever were at a time of origins, slots and waiters. An id beyond them
    /// means that others have leaked.
    most: [usize; 3],
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    id: SlotId,
    origin: OriginId,
    carrier: Carrier,
    state: State,
    left: Left,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Opening,
    Active,
    /// Active, and told to close.
    Leaving,
    Idle(Option<u64>),
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    id: WaiterId,
    origin: OriginId,
    passes: u8,
    since: u64,
}

struct Expected {
    answer: Answer,
    claimed: Vec<Carrier>,
}

#[derive(Debug)]
enum Answer {
    Unknown,
    Reuse(SlotId),
    Open,
    Wait,
    Refuse,
}

impl Slot {
    fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle(_))
    }

    fn is_spent(&self, now: u64) -> bool {
        self.left.requests == Some(0) || self.left.until.is_some_and(|until| now >= until)
    }
}

impl Model {
    fn new(limits: Limits, scheduling: Scheduling) -> Self {
        Self {
            limits,
            lifetimes: Lifetimes::default(),
            scheduling,
            origins: Vec::new(),
            slots: Vec::new(),
            queue: Vec::new(),
            dropped: Vec::new(),
            most: [0; 3],
        }
    }

    fn checkout(&mut self, origin: OriginId, now: u64, dead: &[Carrier]) -> Expected {
        let mut claimed = Vec::new();
        if !self.knows(origin) {
            let answer = Answer::Unknown;
            return Expected { answer, claimed };
        }
        let mut candidates = self.idle(origin);
        if self.scheduling == Scheduling::Lifo {
            candidates.reverse();
        }
        for id in candidates {
            let slot = *self.slot(id).expect("it is listed");
            let expired = matches!(slot.state, State::Idle(Some(deadline)) if deadline <= now);
            if !expired {
                claimed.push(slot.carrier);
                if !dead.contains(&slot.carrier) {
                    self.enter(id, State::Active);
                    self.count_request(id);
                    let answer = Answer::Reuse(id);
                    return Expected { answer, claimed };
                }
            }
            self.let_go(id);
        }
        let someone_is_waiting = self.waits(origin) || self.longest_waiting().is_some();
        let answer = if !someone_is_waiting
            && self.count(origin) < self.limits.per_origin
            && self.has_room()
        {
            self.evict();
            Answer::Open
        } else if self.queue.len() as u32 >= self.limits.waiters.saturating_add(self.leaving()) {
            Answer::Refuse
        } else {
            Answer::Wait
        };
        Expected { answer, claimed }
    }

    fn checkin(&mut self, id: SlotId, now: u64) -> Checkin {
        let Some(slot) = self.slot(id).copied() else {
            return Checkin::Close;
        };
        if slot.state != State::Active {
            return Checkin::Close;
        }
        if slot.is_spent(now) {
            self.enter_in_place(id, State::Leaving);
            return Checkin::Close;
        }
        if let Some(ours) = self.queue.iter().position(|w| w.origin == slot.origin) {
            if let Some(longest) = self.longest_waiting()
                && longest < ours
                && !self.has_room()
            {
                let longest = &mut self.queue[longest];
                if longest.passes == MAX_PASSES {
                    longest.passes = 0;
                    self.enter_in_place(id, State::Leaving);
                    return Checkin::Close;
                }
                longest.passes += 1;
            }
            self.count_request(id);
            return Checkin::Serve(self.queue.remove(ours).id);
        }
        if self.may_park(slot.origin) {
            return Checkin::Park;
        }
        self.enter_in_place(id, State::Leaving);
        Checkin::Close
    }

    fn may_park(&self, origin: OriginId) -> bool {
        let staying = |slot: &&Slot| slot.state != State::Leaving;
        let total = self.slots.iter().filter(staying).count() as u32;
        let busy = self.slots.iter().filter(staying).filter(|s| !s.is_idle());
        let ours = self.slots.iter().filter(staying);
        let ours = ours.filter(|slot| slot.origin == origin).count() as u32;
        let starving = self.longest_waiting().is_some() && busy.count() as u32 >= self.limits.total;
        !starving
            && total <= self.limits.total
            && ours <= self.limits.per_origin
            && (self.idle(origin).len() as u32) < self.limits.free_per_origin
    }

    /// `drawn` is the deadline that the pool has given it.
    fn park(
        &mut self,
        id: SlotId,
        now: u64,
        deadline: Option<u64>,
        drawn: Option<u64>,
    ) -> Check<bool> {
        let Some(slot) = self.slot(id).copied() else {
            return Ok(false);
        };
        if slot.state != State::Active
            || slot.is_spent(now)
            || self.waits(slot.origin)
            || !self.may_park(slot.origin)
        {
            return Ok(false);
        }
        let bound = |rest| {
            let ends = [deadline, rest, slot.left.until];
            ends.into_iter().flatten().min()
        };
        let rest = self.lifetimes.idle;
        let earliest = bound(rest.map(|rest| now + lowest(rest)));
        let latest = bound(rest.map(|rest| now + rest));
        prop_assert!(earliest <= drawn && drawn <= latest);
        self.enter(id, State::Idle(drawn));
        Ok(true)
    }

    fn take(&mut self, id: SlotId, now: u64, dead: &[Carrier]) -> bool {
        let usable = |slot: &Slot| match slot.state {
            State::Idle(deadline) => {
                deadline.is_none_or(|end| end > now) && !dead.contains(&slot.carrier)
            }
            _ => false,
        };
        let taken = self.slot(id).is_some_and(usable);
        if taken {
            self.enter(id, State::Active);
            self.count_request(id);
        }
        taken
    }

    fn leaving(&self) -> u32 {
        let leaving = self.slots.iter().filter(|s| s.state == State::Leaving);
        leaving.count() as u32
    }

    /// `left` is what the pool has drawn for a connection that is new now.
    fn begin_life(&mut self, id: SlotId, left: Left, now: u64) -> Check {
        let Lifetimes { age, requests, .. } = self.lifetimes;
        prop_assert_eq!(left.until.is_some(), age.is_some());
        if let (Some(until), Some(age)) = (left.until, age) {
            prop_assert!((now + lowest(age)..=now + age).contains(&until));
        }
        prop_assert_eq!(left.requests.is_some(), requests.is_some());
        if let (Some(more), Some(most)) = (left.requests, requests) {
            let all = u64::from(more) + 1;
            prop_assert!((lowest(most.into())..=most.into()).contains(&all));
        }
        self.slot_mut(id).left = left;
        Ok(())
    }

    fn count_request(&mut self, id: SlotId) {
        if let Some(requests) = &mut self.slot_mut(id).left.requests {
            *requests -= 1;
        }
    }

    fn retire(&mut self, id: SlotId) -> bool {
        let in_use = |slot: &Slot| matches!(slot.state, State::Opening | State::Active);
        let retires = self.slot(id).is_some_and(in_use);
        if retires {
            self.slot_mut(id).left.requests = Some(0);
        }
        retires
    }

    /// Who leaves the queue because of the time.
    fn late(&mut self, now: u64) -> Option<WaiterId> {
        let first = *self.queue.first()?;
        let is_late = now >= first.since + self.lifetimes.wait?;
        is_late.then(|| self.queue.remove(0).id)
    }

    fn attach(&mut self, id: SlotId, carrier: Carrier) -> bool {
        match self.slots.iter_mut().find(|slot| slot.id == id) {
            Some(slot) if matches!(slot.state, State::Opening | State::Active) => {
                slot.state = State::Active;
                slot.carrier = carrier;
                true
            }
            _ => false,
        }
    }

    fn remove(&mut self, id: SlotId) -> bool {
        let before = self.slots.len();
        self.slots.retain(|slot| slot.id != id);
        self.slots.len() < before
    }

    fn unqueue(&mut self, id: WaiterId) -> bool {
        let before = self.queue.len();
        self.queue.retain(|waiter| waiter.id != id);
        self.queue.len() < before
    }

    fn expire(&mut self, now: u64) {
        while let Some(first) = self.first_end().filter(|first| *first <= now) {
            // Of those with the same deadline, the smallest id.
            let due = self.slots.iter();
            let due = due.filter(|slot| slot.state == State::Idle(Some(first)));
            let due = due.map(|slot| slot.id).min();
            self.let_go(due.expect("it has the first deadline"));
        }
    }

    fn set_limits(&mut self, limits: Limits) {
        let old = std::mem::replace(&mut self.limits, limits);
        if old.per_origin != limits.per_origin || old.free_per_origin != limits.free_per_origin {
            let mut origins = self.origins.clone();
            origins.sort_unstable();
            for origin in origins {
                while let Some(&oldest) = self.idle(origin).first()
                    && (self.idle(origin).len() as u32 > limits.free_per_origin
                        || self.staying(|slot| slot.origin == origin) > limits.per_origin)
                {
                    self.let_go(oldest);
                }
            }
        }
        while limits.total < old.total
            && self.staying(|_| true) > limits.total
            && let Some(oldest) = self.slots.iter().find(|slot| slot.is_idle())
        {
            self.let_go(oldest.id);
        }
    }

    fn poll_open(&mut self) -> Option<Waiter> {
        let longest = self.longest_waiting()?;
        if !self.has_room() {
            return None;
        }
        self.evict();
        Some(self.queue.remove(longest))
    }

    /// Of the waiters that their origin's limit would let open, the one that came first.
    fn longest_waiting(&self) -> Option<usize> {
        let open = |waiter: &Waiter| self.count(waiter.origin) < self.limits.per_origin;
        self.queue.iter().position(open)
    }

    /// Whether the total lets one more open, if idle slots make way.
    fn has_room(&self) -> bool {
        let busy = self.slots.iter().filter(|slot| !slot.is_idle()).count();
        (busy as u32) < self.limits.total
    }

    fn evict(&mut self) {
        while self.slots.len() as u32 >= self.limits.total {
            let oldest = self.slots.iter().find(|slot| slot.is_idle());
            self.let_go(oldest.expect("there is room").id);
        }
    }

    fn let_go(&mut self, id: SlotId) {
        assert!(self.remove(id));
        self.dropped.push(id);
    }

    /// A slot that goes from one list to another joins at the end of it.
    fn enter(&mut self, id: SlotId, state: State) {
        let slot = *self.slot(id).expect("it was looked up");
        self.remove(id);
        self.slots.push(Slot { state, ..slot });
    }

    fn enter_in_place(&mut self, id: SlotId, state: State) {
        self.slot_mut(id).state = state;
    }

    fn slot_mut(&mut self, id: SlotId) -> &mut Slot {
        let slot = self.slots.iter_mut().find(|slot| slot.id == id);
        slot.expect("it was looked up")
    }

    fn add_origin(&mut self, id: OriginId) -> Check {
        prop_assert!(!self.knows(id), "origin id is in use");
        self.origins.push(id);
        self.is_dense(0, id, self.origins.len())
    }

    fn add_slot(&mut self, id: SlotId, origin: OriginId) -> Check {
        prop_assert!(self.slot(id).is_none(), "slot id is in use");
        prop_assert!(!self.dropped.contains(&id), "slot id is still to be polled");
        self.slots.push(Slot {
            id,
            origin,
            carrier: FOREIGN,
            state: State::Opening,
            left: Left::default(),
        });
        self.is_dense(1, id, self.slots.len() + self.dropped.len())
    }

    fn add_waiter(&mut self, id: WaiterId, origin: OriginId, since: u64) -> Check {
        prop_assert!(!self.waiter_ids().contains(&id), "waiter id is in use");
        let passes = 0;
        let waiter = Waiter {
            id,
            origin,
            passes,
            since,
        };
        self.queue.push(waiter);
        self.is_dense(2, id, self.queue.len())
    }

    fn is_dense(&mut self, kind: usize, id: u32, in_use: usize) -> Check {
        self.most[kind] = self.most[kind].max(in_use);
        prop_assert!((id as usize) < self.most[kind], "ids have leaked");
        Ok(())
    }

    fn within_limits(&self, origin: OriginId) -> Check {
        prop_assert!(self.slots.len() as u32 <= self.limits.total);
        prop_assert!(self.count(origin) <= self.limits.per_origin);
        Ok(())
    }

    /// What must hold whenever the caller has polled all outputs.
    fn nothing_left_to_do(&self) -> Check {
        for waiter in &self.queue {
            prop_assert!(
                self.count(waiter.origin) >= self.limits.per_origin || !self.has_room(),
                "a waiter could open"
            );
            prop_assert!(self.idle(waiter.origin).is_empty(), "a waiter could reuse");
        }
        prop_assert!(self.dropped.is_empty(), "a slot let go of was not polled");
        prop_assert!(
            !self.origins.iter().any(|origin| self.is_unused(*origin)),
            "an empty origin stayed"
        );
        Ok(())
    }

    fn knows(&self, origin: OriginId) -> bool {
        self.origins.contains(&origin)
    }

    fn is_unused(&self, origin: OriginId) -> bool {
        self.count(origin) == 0 && !self.waits(origin)
    }

    fn waits(&self, origin: OriginId) -> bool {
        self.queue.iter().any(|waiter| waiter.origin == origin)
    }

    fn count(&self, origin: OriginId) -> u32 {
        let ours = self.slots.iter().filter(|slot| slot.origin == origin);
        ours.count() as u32
    }

    fn staying(&self, of: impl Fn(&Slot) -> bool) -> u32 {
        let staying = self.slots.iter().filter(|s| s.state != State::Leaving);
        staying.filter(|slot| of(slot)).count() as u32
    }

    fn slot(&self, id: SlotId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.id == id)
    }

    fn slot_ids(&self) -> Vec<SlotId> {
        self.slots.iter().map(|slot| slot.id).collect()
    }

    fn waiter_ids(&self) -> Vec<WaiterId> {
        self.queue.iter().map(|waiter| waiter.id).collect()
    }

    fn active(&self, origin: OriginId) -> Vec<SlotId> {
        let ours = self.slots.iter().filter(|slot| slot.origin == origin);
        let active = ours.filter(|slot| !slot.is_idle());
        active.map(|slot| slot.id).collect()
    }

    fn idle(&self, origin: OriginId) -> Vec<SlotId> {
        let ours = self.slots.iter().filter(|slot| slot.origin == origin);
        let idle = ours.filter(|slot| slot.is_idle());
        idle.map(|slot| slot.id).collect()
    }

    fn waiters(&self, origin: OriginId) -> Vec<WaiterId> {
        let ours = self.queue.iter().filter(|waiter| waiter.origin == origin);
        ours.map(|waiter| waiter.id).collect()
    }

    fn next_deadline(&self) -> Option<u64> {
        let first = self.queue.first().zip(self.lifetimes.wait);
        let late = first.map(|(waiter, wait)| waiter.since + wait);
        self.first_end().into_iter().chain(late).min()
    }

    /// The first deadline of an idle slot.
    fn first_end(&self) -> Option<u64> {
        let deadlines = self.slots.iter().filter_map(|slot| match slot.state {
            State::Idle(deadline) => deadline,
            _ => None,
        });
        deadlines.min()
    }
}

/// The least that may be drawn of a bound: nine tenths, rounded up.
fn lowest(bound: u64) -> u64 {
    (bound * 9).div_ceil(10)
}
