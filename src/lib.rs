//! oxagent: Node's `http.Agent` in Rust.
//!
//! `pool` decides who gets a connection, `net` moves the bytes, `bridge` is the crossing to
//! JavaScript. Arrows run one way: `bridge` knows `pool` and `net`; `pool` knows nobody.

mod bridge;
pub mod net;
pub mod pool;
