//! One queued request.

use super::OriginId;
use super::table::{Linked, Links};

/// The queue an origin keeps of its waiters.
#[derive(Debug)]
pub(super) struct Queue;

/// The queue of all waiters of the pool.
#[derive(Debug)]
pub(super) struct Everyone;

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) origin: OriginId,
    /// Its place among all waiters of the pool, ever.
    pub(super) arrival: u64,
    /// How often in a row a slot was handed to a younger waiter of another origin instead.
    pub(super) passes: u8,
    /// When it came.
    pub(super) since: u64,
    by_origin: Links,
    by_arrival: Links,
}

impl Waiter {
    pub(super) fn new(origin: OriginId, arrival: u64, since: u64) -> Self {
        Self {
            origin,
            arrival,
            passes: 0,
            since,
            by_origin: Links::default(),
            by_arrival: Links::default(),
        }
    }
}

impl Linked<Queue> for Waiter {
    fn links(&self) -> &Links {
        &self.by_origin
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.by_origin
    }
}

impl Linked<Everyone> for Waiter {
    fn links(&self) -> &Links {
        &self.by_arrival
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.by_arrival
    }
}
