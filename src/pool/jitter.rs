//! Small random deviations that the caller's seed determines.

/// A bound may be up to this part of it lower.
const PART: u64 = 10;

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
