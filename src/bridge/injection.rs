//! What a test calls to have the I/O thread panic.

use napi_derive::napi;

/// The next pass of this place panics (see `net::injection`), once.
#[napi(catch_unwind)]
pub fn arm_panic(place: u32) {
    crate::net::arm_panic(place);
}
