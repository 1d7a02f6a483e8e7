//! What a call of Node-API by hand answers.

use napi::{Error, Result, Status, sys};

/// An error that says `what` failed, where it did.
pub(super) fn check(status: sys::napi_status, what: &str) -> Result<()> {
    match Status::from(status) {
        Status::Ok => Ok(()),
        status => Err(Error::new(status, what.to_owned())),
    }
}
