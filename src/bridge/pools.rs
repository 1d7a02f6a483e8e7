//! The pools of one environment, by the keys that its functions are called with.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use napi::{Error, Result};
use slab::Slab;

use super::policy::Policy;

#[derive(Default)]
pub(super) struct Pools(Slab<Policy>);

impl Pools {
    /// The pool whose handle has this key: whoever calls holds on to the handle, as a key is given
    /// out again. Fails where nobody has it.
    pub(super) fn get(&mut self, key: u32) -> Result<&mut Policy> {
        self.0
            .get_mut(key as usize)
            .ok_or_else(|| Error::from_reason(format!("no pool has the key {key}")))
    }
}

/// Keeps a pool in its place.
pub(super) struct PoolHandle {
    pools: Rc<RefCell<Pools>>,
    key: usize,
}

impl PoolHandle {
    pub(super) fn open(pools: &Rc<RefCell<Pools>>, policy: Policy) -> Self {
        Self {
            pools: pools.clone(),
            key: pools.borrow_mut().0.insert(policy),
        }
    }

    pub(super) fn key(&self) -> u32 {
        self.key as u32
    }

    pub(super) fn policy(&self) -> RefMut<'_, Policy> {
        RefMut::map(self.pools.borrow_mut(), |pools| &mut pools.0[self.key])
    }
}

impl Drop for PoolHandle {
    fn drop(&mut self) {
        self.pools.borrow_mut().0.remove(self.key);
    }
}
