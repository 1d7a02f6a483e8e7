//! A connection on its way from one carrier to another.

use std::fmt;

use super::conn::Conn;

/// It belongs to nobody else meanwhile: all that it is goes with it.
pub struct Parcel(pub(super) Box<Conn>);

impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parcel")
    }
}
