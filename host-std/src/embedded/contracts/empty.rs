//! `EmptyContract`: what stands where nothing is to be called. Takes every call and value, and does nothing.

use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;

pub(crate) fn enter(_: &mut Context<'_>) -> Result<Step, Failure> {
    Ok(Step::done())
}
