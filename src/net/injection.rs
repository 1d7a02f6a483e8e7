//! Panics for tests, with the feature `panic-injection` alone.

/// Panics here if a test has armed the place; otherwise it is nothing at all. With an answer, that
/// is returned instead.
macro_rules! injected {
    ($place:ident) => {
        #[cfg(feature = "panic-injection")]
        $crate::net::injection::pass($crate::net::injection::Place::$place);
    };
    ($place:ident, $answer:expr) => {
        #[cfg(feature = "panic-injection")]
        if $crate::net::injection::is_due($crate::net::injection::Place::$place) {
            return $answer;
        }
    };
}

#[cfg(feature = "panic-injection")]
pub use armed::arm;
#[cfg(feature = "panic-injection")]
pub(super) use armed::{Place, is_due, pass};

#[cfg(feature = "panic-injection")]
mod armed {
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Where a panic can be had.
    #[derive(Clone, Copy)]
    pub(in crate::net) enum Place {
        /// While a command is obeyed.
        Command = 1,
        /// In the task that makes a connection.
        Connecting,
        /// In the task that serves a connection.
        Polling,
        /// In the thread's own loop.
        Thread,
        /// Before the thread sleeps, with JavaScript not yet woken.
        Waking,
        /// When the connection was made, and has not begun.
        Opening,
        /// When it is known, and no task serves it.
        Opened,
        /// While it is closed.
        Closing,
        /// Among the connections that a panic of the thread has ended.
        Failing,
        /// No panic: the thread cannot go on.
        Restarting,
        /// While a connection is given to the event loop.
        Giving,
    }

    /// A bit for each place.
    static ARMED: AtomicU32 = AtomicU32::new(0);

    /// The next pass of the place with this number panics, once.
    pub fn arm(place: u32) {
        ARMED.fetch_or(1 << place, Ordering::SeqCst);
    }

    pub(in crate::net) fn is_due(place: Place) -> bool {
        let bit = 1 << place as u32;
        ARMED.fetch_and(!bit, Ordering::SeqCst) & bit != 0
    }

    pub(in crate::net) fn pass(place: Place) {
        assert!(!is_due(place), "injected");
    }
}
