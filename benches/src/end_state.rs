//! How a run ended, in a form that does not depend on the engine.

use eravm_core::{Address, Word};
use std::fmt::Debug;

/// How the first frame ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It returned these bytes.
    Returned(Vec<u8>),
    /// It reverted with these bytes.
    Reverted(Vec<u8>),
    /// It panicked.
    Panicked,
    /// It was not run to its end; the host stopped at this hook.
    AtHook(u32),
}

impl Ended {
    /// Whether the effects of the run stand. Engines disagree by design about those of a failed first frame.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Returned(_) | Self::AtHook(_))
    }
}

/// An entry of the queue of events or of messages to L1: key, value and mark.
pub type LogEntry = (Word, Word, bool);

/// A suspension of the machine at the hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hook {
    /// The value written to the hook address; `None` when the run had ended.
    pub id: Option<u32>,
    /// Ergs of the frame.
    pub ergs: u32,
    /// The pubdata counter; `None` when the run had ended, since engines disagree by design about failed first frames.
    pub pubdata: Option<i32>,
}

impl Hook {
    /// The stop at a hook, or at the end.
    pub fn new(id: Option<u32>, ergs: u32, pubdata: i32) -> Self {
        Self { id, ergs, pubdata: id.map(|_| pubdata) }
    }
}

/// Everything that a host or a later instruction could notice of a run.
#[derive(Clone, Debug)]
pub struct EndState {
    /// How it ended.
    pub ended: Ended,
    /// Ergs of the first frame.
    pub ergs: u32,
    /// The signed pubdata counter, in bytes.
    pub pubdata: i32,
    /// r1 to r15 before the last instruction, with tags. Pointers without their page, which engines number differently.
    pub registers: Vec<(Word, bool)>,
    /// The beginning of the first frame's heap, in words.
    pub heap: Vec<Word>,
    /// Slots with a new value, by address and key, with that value.
    pub storage: Vec<(Address, Word, Word)>,
    /// Events of `EventWriter`.
    pub events: Vec<LogEntry>,
    /// Messages to L1.
    pub l1_messages: Vec<LogEntry>,
    /// All suspensions, the last stop included.
    pub hooks: Vec<Hook>,
    /// Instructions done, by engines that count.
    pub instructions: Option<u64>,
}

/// The contract whose events count: `EventWriter`.
pub const EVENT_WRITER: u16 = 0x800d;
/// Words of the first frame's heap that are compared.
pub const HEAP_WORDS: u32 = 256;

impl EndState {
    /// The first difference to another one, in words.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let mut found = None;
        let mut check = |what: &str, difference: Option<String>| {
            if let (None, Some(difference)) = (&found, difference) {
                found = Some(format!("{what}: {difference}"));
            }
        };
        check("hooks", first_unequal(&self.hooks, &other.hooks));
        check("end", unequal(&self.ended, &other.ended));
        if self.instructions.is_some() && other.instructions.is_some() {
            check("instructions", unequal(&self.instructions, &other.instructions));
        }
        check("ergs", unequal(&self.ergs, &other.ergs));
        check("registers", first_unequal(&self.registers, &other.registers));
        check("heap", first_unequal(&self.heap, &other.heap));
        if self.ended.is_success() {
            check("pubdata", unequal(&self.pubdata, &other.pubdata));
            check("storage", first_unequal(&self.storage, &other.storage));
            check("events", first_unequal(&self.events, &other.events));
            check("messages to L1", first_unequal(&self.l1_messages, &other.l1_messages));
        }
        found
    }
}

fn unequal<T: PartialEq + Debug>(a: &T, b: &T) -> Option<String> {
    (a != b).then(|| format!("{a:?} and {b:?}"))
}

fn first_unequal<T: PartialEq + Debug>(a: &[T], b: &[T]) -> Option<String> {
    if a.len() != b.len() {
        return Some(format!("{} and {} entries", a.len(), b.len()));
    }
    let (index, (a, b)) = a.iter().zip(b).enumerate().find(|(_, (a, b))| a != b)?;
    Some(format!("entry {index}: {a:?} and {b:?}"))
}

/// A register as it is compared: pointers lose their page.
pub const fn comparable(word: Word, is_pointer: bool) -> (Word, bool) {
    const OFFSET: u64 = 0xffff_ffff;
    let Word([low, rest @ ..]) = word;
    let low = if is_pointer { low & OFFSET } else { low };
    (Word([low, rest[0], rest[1], rest[2]]), is_pointer)
}
