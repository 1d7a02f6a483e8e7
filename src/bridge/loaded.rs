//! The addon stays in the process. A worker thread that ends would unload it while a reactor's
//! thread still runs in it.

/// The linker has seen to it (`build.rs`).
#[cfg(not(any(target_os = "macos", windows)))]
pub(super) fn keep_loaded() {}

/// Holds the addon once more than it is let go.
#[cfg(target_os = "macos")]
pub(super) fn keep_loaded() {
    use std::ffi::c_void;
    use std::mem::MaybeUninit;

    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: the address is one of the addon's; `info` is written where the answer is not 0, and
    // the name in it lives as long as the addon. Nothing runs when what is open is opened again.
    unsafe {
        if libc::dladdr(keep_loaded as *const c_void, info.as_mut_ptr()) != 0 {
            libc::dlopen(info.assume_init().dli_fname, libc::RTLD_LAZY);
        }
    }
}

/// Holds the addon for good.
#[cfg(windows)]
pub(super) fn keep_loaded() {
    use std::ffi::c_void;

    /// `GET_MODULE_HANDLE_EX_FLAG_PIN` and `GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS`.
    const PIN: u32 = 1;
    const FROM_ADDRESS: u32 = 4;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }

    let mut module = std::ptr::null_mut();
    // SAFETY: with FROM_ADDRESS the name is an address, here one of the addon's; `module` is valid.
    unsafe {
        GetModuleHandleExW(
            PIN | FROM_ADDRESS,
            keep_loaded as *const c_void,
            &mut module,
        );
    }
}
