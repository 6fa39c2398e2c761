//! `EventWriter`: the events of all other contracts.

use crate::embedded::call::Step;
use crate::embedded::context::Context;
use crate::embedded::failure::Failure;
use eravm_core::Word;

/// Topics of an event at most.
const MAX_TOPICS: u64 = 4;

/// Extra words of the system call: the number of topics, and the topics. The calldata is the event's data.
pub(crate) fn enter(cx: &mut Context<'_>) -> Result<Step, Failure> {
    if !cx.is_system_call() {
        return Err(Failure::EMPTY);
    }
    let count = cx.extra(0).to_u64().filter(|count| *count <= MAX_TOPICS).ok_or(Failure::EMPTY)?;
    let topics: Vec<Word> = (1..=count as u8).map(|index| cx.extra(index)).collect();
    let data = cx.calldata()?;
    let emitter = cx.caller();
    cx.emit(&emitter, &topics, &data)?;
    Ok(Step::done())
}
