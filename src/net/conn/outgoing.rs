//! What a connection has to send.

use std::ops::Range;
use std::sync::Arc;

use crate::net::memory::Outbound;

/// Bytes on their way to the kernel.
pub(in crate::net) enum Outgoing {
    Copied {
        bytes: Arc<Vec<u8>>,
        range: Range<usize>,
        acknowledge: bool,
    },
    Large {
        large: Box<dyn Outbound>,
        start: usize,
        acknowledge: bool,
    },
}

impl Outgoing {
    /// Bytes that may change when this returns.
    pub(in crate::net) fn copied(bytes: &[u8], acknowledge: bool) -> Self {
        Self::Copied {
            range: 0..bytes.len(),
            bytes: Arc::new(bytes.to_vec()),
            acknowledge,
        }
    }

    pub(in crate::net) fn large(large: Box<dyn Outbound>, acknowledge: bool) -> Self {
        Self::Large {
            large,
            start: 0,
            acknowledge,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Copied { bytes, range, .. } => bytes.get(range.clone()).unwrap_or_default(),
            Self::Large { large, start, .. } => large.bytes().get(*start..).unwrap_or_default(),
        }
    }

    /// Whether JavaScript waits for its memory.
    pub(super) fn is_lent(&self) -> bool {
        matches!(self, Self::Large { large, .. } if large.is_lent())
    }

    /// Whether nothing is left.
    pub(super) fn advance(&mut self, taken: usize) -> bool {
        match self {
            Self::Copied { range, .. } => range.start += taken,
            Self::Large { start, .. } => *start += taken,
        }
        self.bytes().is_empty()
    }

    /// Keeps its own bytes instead of all that the tick wrote.
    pub(super) fn detach(&mut self) {
        if let Self::Copied { bytes, range, .. } = self
            && range.len() < bytes.len()
            && let Some(own) = bytes.get(range.clone())
        {
            *bytes = Arc::new(own.to_vec());
            *range = 0..bytes.len();
        }
    }

    pub(super) fn acknowledge(&self) -> bool {
        match self {
            Self::Copied { acknowledge, .. } | Self::Large { acknowledge, .. } => *acknowledge,
        }
    }
}
