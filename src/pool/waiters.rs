//! One queued request.

use super::OriginId;
use super::list::{Linked, Links};

/// The queue an origin keeps of its waiters.
#[derive(Debug)]
pub(super) struct Queue;

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) origin: OriginId,
    /// Its place among all waiters of the pool, ever.
    pub(super) arrival: u64,
    /// How often in a row a slot was handed to a younger waiter of another origin instead.
    pub(super) passes: u8,
    links: Links,
}

impl Waiter {
    pub(super) fn new(origin: OriginId, arrival: u64) -> Self {
        Self {
            origin,
            arrival,
            passes: 0,
            links: Links::default(),
        }
    }
}

impl Linked<Queue> for Waiter {
    fn links(&self) -> &Links {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}
