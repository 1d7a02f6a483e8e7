//! What threads share, whatever became of the one that had it before.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A panic under the lock does not stop the others: it is answered where it is caught, and
/// each change under a lock of this crate leaves the value whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
