//! A connection on its way from one carrier to another.

use std::fmt;
use std::sync::Mutex;

use super::conn::Conn;
use crate::lock::lock;

/// It belongs to nobody else meanwhile: all that it is goes with it.
pub struct Parcel(pub(super) Box<Conn>);

impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parcel")
    }
}

/// The way of one connection from a thread to the event loop, which both ends see: what the program
/// closes while it is on its way is closed at once, as its descriptor may be the last that the
/// process has.
#[derive(Default)]
pub struct Passage(Mutex<Way>);

#[derive(Default)]
struct Way {
    parcel: Option<Parcel>,
    /// The program has closed the connection; with a RST where it is true.
    hung_up: Option<bool>,
}

impl Passage {
    /// The thread gives the connection up.
    pub(super) fn put(&self, mut parcel: Parcel) {
        let mut way = lock(&self.0);
        if let Some(reset) = way.hung_up {
            parcel.0.hang_up(reset);
        }
        way.parcel = Some(parcel);
    }

    /// The event loop takes it, once it is told of it. None where the thread had none.
    pub(super) fn take(&self) -> Option<Parcel> {
        lock(&self.0).parcel.take()
    }

    /// Closes the socket, wherever the connection is on its way.
    pub(super) fn hang_up(&self, reset: bool) {
        let mut way = lock(&self.0);
        way.hung_up = Some(reset);
        if let Some(parcel) = &mut way.parcel {
            parcel.0.hang_up(reset);
        }
    }
}
