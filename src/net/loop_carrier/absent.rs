//! The event loops of this system carry nothing: the threads carry all.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use crate::net::command::{Command, ConnId};
use crate::net::event::Event;
use crate::net::memory::Inbound;
use crate::net::outbox::Outbox;
use crate::net::parcel::Parcel;

/// There is none.
pub struct LoopCarrier(Infallible);

impl LoopCarrier {
    /// # Errors
    ///
    /// Always.
    pub fn new(_outbox: Arc<Outbox>, _inbound: Box<dyn Inbound>) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in crate::net) fn adopt(&mut self, _conn: ConnId, _parcel: Parcel) {
        match self.0 {}
    }

    pub(in crate::net) fn release(&mut self, _conn: ConnId) -> Option<Parcel> {
        match self.0 {}
    }

    pub(in crate::net) fn look_at(&mut self, _conn: ConnId) -> bool {
        match self.0 {}
    }

    pub(in crate::net) fn ask_again(&mut self) {
        match self.0 {}
    }

    pub(in crate::net) fn ask(&mut self) {
        match self.0 {}
    }

    pub(in crate::net) fn turn(&mut self) {
        match self.0 {}
    }

    pub(in crate::net) fn is_due(&self) -> bool {
        match self.0 {}
    }

    pub(in crate::net) fn take(&self, _taken: &mut VecDeque<Event>) {
        match self.0 {}
    }

    pub(in crate::net) fn obey(&mut self, _command: Command, _bytes: &[u8]) {
        match self.0 {}
    }

    pub(in crate::net) fn release_tails(&mut self) {
        match self.0 {}
    }

    pub(in crate::net) fn write_aside(&mut self, _is_aside: bool) {
        match self.0 {}
    }

    pub(in crate::net) fn unsent(&mut self) -> Vec<ConnId> {
        match self.0 {}
    }

    pub(in crate::net) fn close_all(&mut self) {
        match self.0 {}
    }
}
