//! Panics for tests, with the feature `panic-injection` alone.

/// Panics here if a test has armed the place; otherwise it is nothing at all.
macro_rules! injected {
    ($place:ident) => {
        #[cfg(feature = "panic-injection")]
        $crate::net::injection::pass($crate::net::injection::Place::$place);
    };
}

#[cfg(feature = "panic-injection")]
pub use armed::arm;
#[cfg(feature = "panic-injection")]
pub(super) use armed::{Place, pass};

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
        Ringing,
    }

    static ARMED: AtomicU32 = AtomicU32::new(0);

    /// The next pass of the place with this number panics, once.
    pub fn arm(place: u32) {
        ARMED.store(place, Ordering::SeqCst);
    }

    pub(in crate::net) fn pass(place: Place) {
        let armed = ARMED.compare_exchange(place as u32, 0, Ordering::SeqCst, Ordering::SeqCst);
        assert!(armed.is_err(), "injected");
    }
}
