//! oxagent: Node's `http.Agent` in Rust.
//!
//! `pool` decides who gets a connection, `net` moves the bytes, `tls` knows whom to trust, `bridge`
//! is the crossing to JavaScript. Arrows run one way: `bridge` knows `pool`, `net` and `tls`; `net`
//! knows `tls`; `pool` knows nobody. `lock` is how `bridge`, `net` and `tls` share between threads.

mod bridge;
mod lock;
pub mod net;
pub mod pool;
pub mod tls;
