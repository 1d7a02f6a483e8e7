//! oxagent: Node's `http.Agent` in Rust.
//!
//! `pool` decides who gets a connection, `net` moves the bytes, `tls` knows whom to trust, `bridge`
//! is the crossing to JavaScript. Arrows run one way: `bridge` knows `pool`, `net` and `tls`; `net`
//! knows `tls`; `pool` knows nobody. `lock` is how `bridge`, `net` and `tls` share between threads.
//!
//! `pool` alone is public: its model test, its benchmark and its fuzz target are crates of their own.

mod bridge;
mod lock;
mod net;
pub mod pool;
mod tls;
