//! A panic ends what it is about, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Whether this has panicked.
pub(super) fn caught(act: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(act)).is_err()
}
