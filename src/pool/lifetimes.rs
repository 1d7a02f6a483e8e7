//! How long connections serve and requests wait.

use super::entries::{Slot, State};
use super::{Pool, SlotId};

/// Upper bounds in milliseconds and in requests; `None` is no bound.
///
/// What bounds a connection is drawn anew for each, from nine tenths of the bound (rounded up) to
/// the bound itself: a fleet that has started together does not connect again together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetimes {
    /// How long a slot may be idle, from one parking to the next use.
    pub idle: Option<u64>,
    /// How long a slot may serve after it was attached. One in use ends its request first.
    pub age: Option<u64>,
    /// How many requests a slot may serve; at least 1.
    pub requests: Option<u32>,
    /// How long a waiter may wait. Not drawn: it is a promise to a request.
    pub wait: Option<u64>,
}

/// What is left of one connection's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// When it ends, if it has to.
    pub until: Option<u64>,
    /// How many requests it may serve after the present one, if they are counted.
    pub requests: Option<u32>,
}

impl Left {
    /// Whether it may serve no other request.
    pub(super) fn is_over(&self, now: u64) -> bool {
        self.until.is_some_and(|until| until <= now) || self.requests == Some(0)
    }

    /// A request more.
    pub(super) fn use_up(&mut self) {
        if let Some(requests) = &mut self.requests {
            *requests = requests.saturating_sub(1);
        }
    }
}

impl Pool {
    /// Input: the bounds that hold from now on, to be set before there is a slot or a waiter, and
    /// what the draws begin with.
    pub fn set_lifetimes(&mut self, lifetimes: Lifetimes, seed: u64) {
        self.lifetimes = lifetimes;
        self.jitter = Jitter::new(seed);
    }

    /// Input: this slot's connection serves nobody after the present request: the server has said
    /// so. False if the slot is neither opening nor active.
    pub fn retire(&mut self, slot: SlotId) -> bool {
        match self.slots.get_mut(slot) {
            Some(entry) if matches!(entry.state, State::Opening | State::Active { .. }) => {
                entry.left.requests = Some(0);
                true
            }
            _ => false,
        }
    }

    /// View: what is left of this slot's life, while it is opening, active or idle.
    #[must_use]
    pub fn left(&self, slot: SlotId) -> Option<Left> {
        self.slots.get(slot).map(|entry| entry.left)
    }

    /// View: when this slot, if it is idle, has to go.
    #[must_use]
    pub fn deadline(&self, slot: SlotId) -> Option<u64> {
        match self.slots.get(slot) {
            Some(&Slot {
                state: State::Idle { deadline, .. },
                ..
            }) => deadline,
            _ => None,
        }
    }

    /// The life of a connection that begins now and has its first request.
    pub(super) fn draw_life(&mut self, now: u64) -> Left {
        let Lifetimes { age, requests, .. } = self.lifetimes;
        let until = age.map(|age| now.saturating_add(self.jitter.draw(age)));
        let requests = requests.map(|most| {
            let drawn = self.jitter.draw(u64::from(most));
            u32::try_from(drawn).unwrap_or(most).saturating_sub(1)
        });
        Left { until, requests }
    }

    /// When a slot that is parked now has to go: the first of the caller's deadline, the end of its
    /// rest and the end of its life.
    pub(super) fn draw_deadline(
        &mut self,
        now: u64,
        left: Left,
        deadline: Option<u64>,
    ) -> Option<u64> {
        let rest = self.lifetimes.idle;
        let rested = rest.map(|rest| now.saturating_add(self.jitter.draw(rest)));
        [deadline, rested, left.until].into_iter().flatten().min()
    }
}

/// A bound may be up to this part of it lower.
const PART: u64 = 10;

/// Small random deviations that the caller's seed determines.
///
/// SplitMix64 (Steele, Lea, Flood 2014): one word of state, any seed is good. Nothing secret hangs
/// on it.
#[derive(Debug, Default)]
pub(super) struct Jitter {
    state: u64,
}

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// From nine tenths of `most`, rounded up, to `most`. Bounds below ten are as they are.
    pub(super) fn draw(&mut self, most: u64) -> u64 {
        // The remainder favours small numbers by less than anybody could measure.
        most - self.next() % (most / PART + 1)
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_fill_the_last_tenth_and_no_more() {
        let mut jitter = Jitter::new(1);
        let draws: Vec<u64> = (0..10_000).map(|_| jitter.draw(1000)).collect();
        assert_eq!(draws.iter().min(), Some(&900));
        assert_eq!(draws.iter().max(), Some(&1000));
        let middle = draws.iter().filter(|&&drawn| drawn < 950).count();
        assert!((4000..6000).contains(&middle));
    }

    #[test]
    fn bounds_below_ten_are_as_they_are() {
        let mut jitter = Jitter::new(2);
        for most in 0..10 {
            assert!((0..100).all(|_| jitter.draw(most) == most));
        }
        assert!((0..100).all(|_| (9..=10).contains(&jitter.draw(10))));
        assert!((0..100).all(|_| jitter.draw(u64::MAX) >= u64::MAX / 10 * 9));
    }

    #[test]
    fn seeds_draw_differently() {
        let draws = |seed| {
            let mut jitter = Jitter::new(seed);
            [(); 8].map(|()| jitter.draw(1_000_000))
        };
        assert_eq!(draws(3), draws(3));
        assert_ne!(draws(3), draws(4));
    }
}
