//! The one thread-safe function of an environment: wakes JavaScript.

use std::ffi::{CStr, CString, c_void};
use std::ptr;

use napi::{Env, Error, JsValue, Result, Unknown, sys};

use super::status::check;

/// What tools ask a resource that may keep the process alive.
const HAS_REF: &CStr = c"hasRef";

/// A thread-safe function without data. Whoever drops it must be on JavaScript's thread or be sure
/// that the environment still lives.
pub(super) struct Wakeup(sys::napi_threadsafe_function);

// SAFETY: a thread-safe function may be called from any thread (Node-API, "Asynchronous
// thread-safe function calls"); `set_alive` takes the `Env`, which stays on its thread.
unsafe impl Send for Wakeup {}

impl Wakeup {
    /// `on_wake` is called on JavaScript's thread, in a callback scope of its own. async_hooks
    /// shows a resource that has its `hasRef()`.
    pub(super) fn new(env: &Env, on_wake: &Unknown) -> Result<Self> {
        let name = CString::new("oxagent").map_err(|err| Error::from_reason(err.to_string()))?;
        let mut name_value = ptr::null_mut();
        let mut resource = ptr::null_mut();
        let mut has_ref = ptr::null_mut();
        let mut function = ptr::null_mut();
        let check = |status| check(status, "thread-safe function");
        // SAFETY: `env` and `on_wake` are live values of this call; `name` outlives the first call;
        // the out-pointers are valid. One thread (the outbox) holds the function.
        unsafe {
            check(sys::napi_create_string_utf8(
                env.raw(),
                name.as_ptr(),
                -1,
                &mut name_value,
            ))?;
            check(sys::napi_create_object(env.raw(), &mut resource))?;
            check(sys::napi_get_named_property(
                env.raw(),
                on_wake.raw(),
                HAS_REF.as_ptr(),
                &mut has_ref,
            ))?;
            check(sys::napi_set_named_property(
                env.raw(),
                resource,
                HAS_REF.as_ptr(),
                has_ref,
            ))?;
            check(sys::napi_create_threadsafe_function(
                env.raw(),
                on_wake.raw(),
                resource,
                name_value,
                0,
                1,
                ptr::null_mut(),
                None,
                ptr::null_mut(),
                Some(call),
                &mut function,
            ))?;
            // Parked connections alone do not keep a process alive.
            check(sys::napi_unref_threadsafe_function(env.raw(), function))?;
        }
        Ok(Self(function))
    }

    pub(super) fn wake(&self) {
        // SAFETY: `self.0` is valid until `release`, which consumes the wakeup. A refusal means that
        // the environment is closing, and then nobody waits for events.
        unsafe {
            sys::napi_call_threadsafe_function(
                self.0,
                ptr::null_mut(),
                sys::ThreadsafeFunctionCallMode::nonblocking,
            );
        }
    }

    /// A second hold on the same function, for JavaScript's thread alone.
    pub(super) fn handle(&self) -> WakeupHandle {
        WakeupHandle(self.0)
    }
}

impl Drop for Wakeup {
    fn drop(&mut self) {
        // SAFETY: the function was created with one holder, this one, which lets go exactly once.
        unsafe {
            sys::napi_release_threadsafe_function(
                self.0,
                sys::ThreadsafeFunctionReleaseMode::release,
            );
        }
    }
}

/// Whether the wakeup keeps the process alive.
pub(super) struct WakeupHandle(sys::napi_threadsafe_function);

impl WakeupHandle {
    pub(super) fn set_alive(&self, env: &Env, alive: bool) {
        // SAFETY: called from the environment's own methods, so the environment lives, and the
        // outbox drops the wakeup only in the environment's cleanup hook.
        unsafe {
            if alive {
                sys::napi_ref_threadsafe_function(env.raw(), self.0);
            } else {
                sys::napi_unref_threadsafe_function(env.raw(), self.0);
            }
        }
    }
}

/// Runs on JavaScript's thread for each wakeup.
extern "C" fn call(
    env: sys::napi_env,
    on_wake: sys::napi_value,
    _context: *mut c_void,
    _data: *mut c_void,
) {
    if env.is_null() {
        return;
    }
    // SAFETY: Node-API hands a live environment and the function given at creation.
    unsafe { call_on_wake(env, on_wake) }
}

/// Calls a function of JavaScript's that nobody waits for, within a callback scope: what it throws
/// becomes an 'uncaughtException'.
///
/// # Safety
///
/// The environment and the function are live, and a handle scope is open.
unsafe fn call_on_wake(env: sys::napi_env, on_wake: sys::napi_value) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut this = ptr::null_mut();
        let mut result = ptr::null_mut();
        sys::napi_get_undefined(env, &mut this);
        let status = sys::napi_call_function(env, this, on_wake, 0, ptr::null(), &mut result);
        throw_pending(env, status);
    }
}

/// The same as a callback of the event loop's, without a resource of async_hooks.
///
/// # Safety
///
/// The environment and the function are live, a handle scope is open, and no JavaScript runs.
pub(super) unsafe fn call_back_on_wake(env: sys::napi_env, on_wake: sys::napi_value) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut result = ptr::null_mut();
        let status = sys::napi_make_callback(
            env,
            ptr::null_mut(),
            on_wake,
            on_wake,
            0,
            ptr::null(),
            &mut result,
        );
        throw_pending(env, status);
    }
}

/// # Safety
///
/// The environment is live, and a handle scope is open.
unsafe fn throw_pending(env: sys::napi_env, status: sys::napi_status) {
    if status != sys::Status::napi_pending_exception {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let mut exception = ptr::null_mut();
        sys::napi_get_and_clear_last_exception(env, &mut exception);
        sys::napi_fatal_exception(env, exception);
    }
}
