//! Functions that have their data with them, for what every request calls.
//!
//! A method of a `#[napi]` class looks for its object in a property, compares that object's tag and
//! registers what it borrows, behind a lock. Such a function takes a sixth of its time.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::{FunctionCallContext, JsObjectValue, Object, ToNapiValue};
use napi::{Env, Error, Result};

/// An object of functions.
pub(super) struct Functions<'env> {
    env: &'env Env,
    object: Object<'env>,
}

impl<'env> Functions<'env> {
    pub(super) fn new(env: &'env Env) -> Result<Self> {
        Ok(Self {
            env,
            object: Object::new(env)?,
        })
    }

    /// Adds `function` over this state. What it answers is JavaScript's result. napi catches a
    /// panic in it and throws it, as from a method with `catch_unwind`.
    pub(super) fn add<State: 'static, Answer: ToNapiValue>(
        &mut self,
        name: &str,
        state: &Rc<RefCell<State>>,
        function: impl Fn(&mut State, &FunctionCallContext) -> Result<Answer> + 'static,
    ) -> Result<()> {
        let state = state.clone();
        let function =
            self.env
                .create_function_from_closure::<(), Answer, _>(name, move |call| {
                    let mut state = state
                        .try_borrow_mut()
                        .map_err(|err| Error::from_reason(err.to_string()))?;
                    function(&mut state, &call)
                })?;
        self.object.set_named_property(name, function)
    }

    pub(super) fn into_object(self) -> Object<'env> {
        self.object
    }
}
