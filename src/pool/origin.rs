//! What the pool keeps of one origin.

use super::slot::ByOrigin;
use super::table::{Linked, Links, List};
use super::waiters::Queue;

/// The list the pool keeps of empty origins.
#[derive(Debug)]
pub(super) struct Gone;

#[derive(Debug, Default)]
pub(super) struct Origin {
    /// Opening, active and leaving slots, the one that joined first in front.
    pub(super) active: List<ByOrigin>,
    /// Idle slots, the one parked first in front.
    pub(super) idle: List<ByOrigin>,
    /// Waiters, the one that came first in front. Whoever has waiters has no idle slot.
    pub(super) waiters: List<Queue>,
    /// How many of the active slots were told to close.
    pub(super) leaving: u32,
    /// The key under which the origin is in `Pool::ready`, if it is.
    pub(super) ready: Option<u64>,
    /// Whether the origin is in `Pool::gone`.
    pub(super) gone: bool,
    links: Links,
}

impl Origin {
    /// Slots that count under the limit.
    pub(super) fn count(&self) -> u32 {
        self.active.len() + self.idle.len()
    }

    /// Slots that count and will stay.
    pub(super) fn staying(&self) -> u32 {
        self.count() - self.leaving
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0 && self.waiters.is_empty()
    }
}

impl Linked<Gone> for Origin {
    fn links(&self) -> &Links {
        &self.links
    }

    fn links_mut(&mut self) -> &mut Links {
        &mut self.links
    }
}
