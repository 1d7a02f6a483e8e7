//! Lets the event loop watch the connections that it carries, where it is libuv's and libuv's
//! functions are to be had: in Node, on Linux. (Bun has functions of these names that end the
//! process: it must not be asked.)

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::RefCell;
use std::ffi::{CStr, c_int, c_void};
use std::mem::transmute_copy;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::rc::Rc;

use napi::{Env, JsValue, Result, Unknown, sys};

use crate::net::Carriers;

use super::bell::call_back_on_wake;
use super::status::check;

/// libuv's `UV_POLL` and `UV_READABLE`, parts of its ABI since 1.0.
const UV_POLL: c_int = 8;
const UV_READABLE: c_int = 1;

/// What libuv aligns its handles to: as malloc(3) does.
const HANDLE_ALIGN: usize = 16;

/// A `uv_handle_t`: its first field belongs to its user (libuv, "uv_handle_t.data").
type Handle = *mut *mut Watch;
type OnPoll = unsafe extern "C" fn(Handle, c_int, c_int);
type OnClose = unsafe extern "C" fn(Handle);

/// libuv's functions, as the process has them.
#[derive(Clone, Copy)]
struct Uv {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    poll_init: unsafe extern "C" fn(*mut sys::uv_loop_s, Handle, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(Handle, c_int, OnPoll) -> c_int,
    unref: unsafe extern "C" fn(Handle),
    close: unsafe extern "C" fn(Handle, OnClose),
}

impl Uv {
    fn find() -> Option<Self> {
        Some(Self {
            handle_size: symbol(c"uv_handle_size")?,
            poll_init: symbol(c"uv_poll_init")?,
            poll_start: symbol(c"uv_poll_start")?,
            unref: symbol(c"uv_unref")?,
            close: symbol(c"uv_close")?,
        })
    }
}

/// A function of the process, of the type that `F` says.
fn symbol<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) }
    // SAFETY: the name ends with a zero byte; the whole process is searched.
    let address = NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })?;
    // SAFETY: the caller names a function of libuv; its signature is part of the ABI, and a
    // pointer to a function is as large as any (POSIX, dlsym).
    Some(unsafe { transmute_copy::<*mut c_void, F>(&address.as_ptr()) })
}

/// What the handle's callbacks need. It lives until libuv has closed the handle.
struct Watch {
    env: sys::napi_env,
    carriers: Rc<RefCell<Carriers>>,
    on_wake: sys::napi_ref,
    uv: Uv,
    handle: Handle,
    layout: Layout,
    cleanup: sys::napi_async_cleanup_hook_handle,
}

/// Has the event loop watch what it carries. False where it cannot.
///
/// The handle is closed with the environment, and keeps no process alive. It has no resource of
/// async_hooks: each connection has one of its own.
pub(super) fn watch(
    env: &Env,
    carriers: &Rc<RefCell<Carriers>>,
    on_wake: &Unknown,
) -> Result<bool> {
    let Some(descriptor) = carriers.borrow().descriptor() else {
        return Ok(false);
    };
    let Some(uv) = Uv::find() else {
        return Ok(false);
    };
    let mut event_loop = ptr::null_mut();
    // SAFETY: `env` is live and the out-pointer valid.
    let status = unsafe { sys::napi_get_uv_event_loop(env.raw(), &raw mut event_loop) };
    if status != sys::Status::napi_ok {
        return Ok(false);
    }
    // SAFETY: asks for a size.
    let size = unsafe { (uv.handle_size)(UV_POLL) };
    let Ok(layout) = Layout::from_size_align(size.max(1), HANDLE_ALIGN) else {
        return Ok(false);
    };
    let mut watch = Box::new(Watch {
        env: env.raw(),
        carriers: carriers.clone(),
        on_wake: ptr::null_mut(),
        uv,
        handle: ptr::null_mut(),
        layout,
        cleanup: ptr::null_mut(),
    });
    let made = |status| check(status, "the watcher of the event loop");
    // SAFETY: `env` and `on_wake` are live values of this call, and the out-pointers are valid.
    unsafe {
        made(sys::napi_create_reference(
            env.raw(),
            on_wake.raw(),
            1,
            &raw mut watch.on_wake,
        ))?;
    }
    // SAFETY: the size is not 0.
    let handle: Handle = unsafe { alloc_zeroed(layout) }.cast();
    if handle.is_null() {
        return Ok(false);
    }
    // SAFETY: memory of the size that libuv asks for; this is the loop's thread.
    if unsafe { (uv.poll_init)(event_loop, handle, descriptor) } != 0 {
        // SAFETY: allocated above with this layout; libuv does not know it.
        unsafe { dealloc(handle.cast(), layout) };
        return Ok(false);
    }
    watch.handle = handle;
    let watch = Box::into_raw(watch);
    // SAFETY: libuv knows the handle; its data belongs to us. From here on `close` and `closed`
    // free all.
    unsafe {
        *handle = watch;
        (uv.unref)(handle);
        let status = sys::napi_add_async_cleanup_hook(
            env.raw(),
            Some(close),
            watch.cast(),
            &raw mut (*watch).cleanup,
        );
        if status != sys::Status::napi_ok {
            close(ptr::null_mut(), watch.cast());
            return Ok(false);
        }
        // One that is not started tells of nothing; the hook closes it.
        Ok((uv.poll_start)(handle, UV_READABLE, on_ready) == 0)
    }
}

/// The event loop calls: a connection is ready.
unsafe extern "C" fn on_ready(handle: Handle, _status: c_int, _events: c_int) {
    // SAFETY: `watch` has set it, and it lives until `closed`.
    let watch = unsafe { &**handle };
    // A panic must not cross into libuv: JavaScript then looks what there is.
    let looked = catch_unwind(AssertUnwindSafe(|| {
        // The event loop calls nobody who is at work.
        let carriers = watch.carriers.try_borrow_mut();
        carriers.is_ok_and(|mut carriers| carriers.ready())
    }));
    let due = looked.unwrap_or(true);
    if !due {
        return;
    }
    let env = watch.env;
    // SAFETY: this is a callback of the event loop, so the environment lives and no JavaScript
    // runs; all that is opened is closed.
    unsafe {
        let (mut handles, mut on_wake) = (ptr::null_mut(), ptr::null_mut());
        sys::napi_open_handle_scope(env, &raw mut handles);
        sys::napi_get_reference_value(env, watch.on_wake, &raw mut on_wake);
        call_back_on_wake(env, on_wake);
        sys::napi_close_handle_scope(env, handles);
    }
}

/// The environment goes away.
unsafe extern "C" fn close(_: sys::napi_async_cleanup_hook_handle, watch: *mut c_void) {
    // SAFETY: the hook's own pointer; the environment is still there.
    unsafe {
        let watch: &Watch = &*watch.cast();
        sys::napi_delete_reference(watch.env, watch.on_wake);
        (watch.uv.close)(watch.handle, closed);
    }
}

/// libuv uses the handle no more.
unsafe extern "C" fn closed(handle: Handle) {
    // SAFETY: `watch` has made both, and nobody else has them any more.
    unsafe {
        let watch = Box::from_raw(*handle);
        dealloc(handle.cast(), watch.layout);
        if !watch.cleanup.is_null() {
            sys::napi_remove_async_cleanup_hook(watch.cleanup);
        }
    }
}
