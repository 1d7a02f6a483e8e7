//! Received bytes as JavaScript sees them: a Buffer over each slab or, where the runtime allows
//! none over memory of others (V8's memory cage, as in Electron), a Buffer of its own for each chunk.
//!
//! napi's own types would hold a `&mut [u8]` over a slab that a reactor still writes, and answer
//! such a runtime with a copy of the slab as it is then. So Node-API is called by hand.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue, Result, Status, sys};

use super::inbound::{Reader, SlabMemory, SlabTable};
use super::status::check;
use crate::net::Chunk;

/// Set: chunks are copied wherever this runs. Tests run the copies where Buffers over slabs work.
const FORBIDDEN: &str = "OXAGENT_NO_EXTERNAL_BUFFERS";

/// Enough for a Buffer that no runtime keeps within the object itself, as V8 does with 64 bytes.
const PROBE_BYTES: usize = 4 << 10;

/// JavaScript's end of the slabs.
pub(super) struct Shown {
    reader: Reader,
    as_copies: bool,
}

impl Shown {
    pub(super) fn new(env: &Env, table: Arc<SlabTable>) -> Self {
        let is_forbidden = std::env::var_os(FORBIDDEN).is_some_and(|value| !value.is_empty());
        Self {
            reader: Reader::new(table),
            as_copies: is_forbidden || !shares_memory(env),
        }
    }

    /// Whether each chunk has a Buffer of its own, which nobody writes any more.
    pub(super) fn as_copies(&self) -> bool {
        self.as_copies
    }

    /// The program may have a part of this slab: it must stay as it is.
    pub(super) fn keep(&mut self, slab: u32) {
        // A copy is named by its place, which says nothing of slabs.
        if !self.as_copies {
            self.reader.keep(slab);
        }
    }

    /// JavaScript has dealt with every chunk that it took.
    pub(super) fn sweep(&mut self, slabs: &mut Object) -> Result<()> {
        use napi::bindgen_prelude::JsObjectValue;

        self.reader
            .sweep(|slab| slabs.delete_element(slab).map(drop))
    }

    /// Shows a chunk in `slabs`, where it needs a place of its own at `place`. Answers where it is.
    pub(super) fn take(
        &mut self,
        env: &Env,
        slabs: &Object,
        chunk: Chunk,
        place: u32,
    ) -> Result<Chunk> {
        let Some(memory) = self.reader.take(chunk) else {
            return Ok(chunk);
        };
        if self.as_copies {
            set_element(env, slabs, place, own_buffer(env, &memory, chunk)?)?;
            return Ok(Chunk {
                slab: place,
                offset: 0,
                ..chunk
            });
        }
        set_element(env, slabs, chunk.slab, buffer_over(env, memory)?)?;
        self.reader.has_shown(chunk.slab);
        Ok(chunk)
    }
}

/// Whether a Buffer over memory of ours is just that. Asked by making one.
fn shares_memory(env: &Env) -> bool {
    let memory = Arc::new(SlabMemory::new(PROBE_BYTES));
    let start = memory.start();
    let Ok(buffer) = buffer_over(env, memory) else {
        return false;
    };
    let mut seen = ptr::null_mut();
    // SAFETY: `env` and `buffer` are live values of this call, `seen` is a valid out-pointer, and
    // the length is not asked for.
    let status =
        unsafe { sys::napi_get_buffer_info(env.raw(), buffer, &mut seen, ptr::null_mut()) };
    Status::from(status) == Status::Ok && seen == start.cast()
}

/// A Buffer over a slab, which it keeps until it is collected.
fn buffer_over(env: &Env, memory: Arc<SlabMemory>) -> Result<sys::napi_value> {
    let (start, len) = (memory.start(), memory.len());
    let hold = Arc::into_raw(memory);
    let mut buffer = ptr::null_mut();
    // SAFETY: `hold` keeps the memory until `let_go`, which the runtime calls once. No reference is
    // made to it: JavaScript reads committed chunks only, and reactors write behind them.
    let status = unsafe {
        sys::napi_create_external_buffer(
            env.raw(),
            len,
            start.cast(),
            Some(let_go),
            hold.cast_mut().cast(),
            &mut buffer,
        )
    };
    if status == sys::Status::napi_no_external_buffers_allowed {
        // SAFETY: from `into_raw` above. A runtime that refuses so takes nothing; of other failures
        // that is not said, and the memory stays.
        drop(unsafe { Arc::from_raw(hold) });
    }
    check(status, "a Buffer over received data")?;
    Ok(buffer)
}

/// The finalizer of such a Buffer, on whichever thread.
unsafe extern "C" fn let_go(_env: sys::napi_env, _start: *mut c_void, hold: *mut c_void) {
    // SAFETY: `hold` is from `Arc::into_raw` in `buffer_over`, and this is called once for it.
    drop(unsafe { Arc::from_raw(hold.cast::<SlabMemory>().cast_const()) });
}

/// A Buffer that has the bytes of a chunk, and memory of its own.
fn own_buffer(env: &Env, memory: &SlabMemory, chunk: Chunk) -> Result<sys::napi_value> {
    let len = chunk.len as usize;
    let mut to = ptr::null_mut();
    let mut buffer = ptr::null_mut();
    // SAFETY: `env` lives, and the out-pointers are valid.
    let status = unsafe { sys::napi_create_buffer(env.raw(), len, &mut to, &mut buffer) };
    check(status, "a Buffer for received data")?;
    let from = memory.committed(chunk);
    // SAFETY: `from` has `len` bytes that are written and that no reactor writes again before this
    // chunk counts as dealt with; `to` has as many, new ones, which nobody else knows yet.
    unsafe { ptr::copy_nonoverlapping(from, to.cast::<u8>(), len) };
    Ok(buffer)
}

fn set_element(env: &Env, array: &Object, index: u32, value: sys::napi_value) -> Result<()> {
    // SAFETY: all are live values of this call.
    let status = unsafe { sys::napi_set_element(env.raw(), array.raw(), index, value) };
    check(status, "the list of received data")
}
