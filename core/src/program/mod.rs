//! Decoded code: a cheap handle that hosts keep and share.

mod op;
mod run;

pub(crate) use op::Op;
#[cfg(feature = "compiled")]
pub(crate) use op::REFUSING_FLAGS;

#[cfg(feature = "compiled")]
use crate::compiled::CompiledCode;
use crate::isa::Instruction;
use crate::vm::NATIVE_POINTS;
#[cfg(feature = "compiled")]
use crate::vm::compiled::Heat;
use crate::word::Word;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// Shared ownership. Targets without compare-and-swap have no `Arc`; they have one thread, too.
#[cfg(target_has_atomic = "ptr")]
type Shared<T> = alloc::sync::Arc<T>;
#[cfg(not(target_has_atomic = "ptr"))]
type Shared<T> = alloc::rc::Rc<T>;

/// Most 32-byte words that code may have: its length must fit 16 bits.
pub const MAX_CODE_WORDS: usize = u16::MAX as usize;
/// Instructions that a program counter can reach.
const MAX_INSTRUCTIONS: usize = 1 << 16;

/// Why bytes cannot be code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeError {
    /// Not a multiple of 32 bytes; the length.
    NotInWords(usize),
    /// More than [`MAX_CODE_WORDS`]; the number of words.
    TooLong(usize),
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInWords(bytes) => {
                write!(f, "code has {bytes} bytes, which is not a multiple of 32")
            }
            Self::TooLong(words) => {
                write!(f, "code has {words} words, more than the {MAX_CODE_WORDS} that are allowed")
            }
        }
    }
}

impl core::error::Error for CodeError {}

/// Decoded code.
///
/// Cloning is cheap; the decoded form does not depend on protocol version, host or tracer.
#[derive(Clone)]
pub struct Program(Shared<Code>);

struct Code {
    words: Box<[Word]>,
    /// Prepared instructions, then one that stands for the end.
    ops: Box<[Op]>,
    is_native: bool,
    /// What a compiler made of it.
    #[cfg(feature = "compiled")]
    compiled: once_cell::race::OnceBox<CompiledCode>,
    #[cfg(feature = "compiled")]
    heat: Heat,
}

impl Program {
    /// Decodes code.
    ///
    /// # Errors
    /// If the length is not a whole number of words or exceeds [`MAX_CODE_WORDS`].
    pub fn new(bytes: &[u8]) -> Result<Self, CodeError> {
        let (words, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(CodeError::NotInWords(bytes.len()));
        }
        Self::from_words(words.iter().map(Word::from_be_bytes).collect())
    }

    /// Decodes code that is already in words.
    ///
    /// # Errors
    /// If there are more than [`MAX_CODE_WORDS`].
    pub fn from_words(words: Vec<Word>) -> Result<Self, CodeError> {
        if words.len() > MAX_CODE_WORDS {
            return Err(CodeError::TooLong(words.len()));
        }
        let count = Self::instructions_in(&words);
        let mut ops = Vec::with_capacity(count + 1);
        for word in &words[..count / 4] {
            for &bits in word.0.iter().rev() {
                ops.push(Op::new(&Instruction::decode(bits), ops.len(), count));
            }
        }
        ops.push(Op::end(count));
        Ok(Self::of(words, ops, false))
    }

    /// Code that the host executes itself; see [`Exit::Native`](crate::Exit::Native). The words are what others see of it.
    ///
    /// # Errors
    /// If there are more than [`MAX_CODE_WORDS`].
    pub fn native(words: Vec<Word>) -> Result<Self, CodeError> {
        if words.len() > MAX_CODE_WORDS {
            return Err(CodeError::TooLong(words.len()));
        }
        let ops = (0..NATIVE_POINTS).map(Op::native).chain([Op::end(NATIVE_POINTS)]).collect();
        Ok(Self::of(words, ops, true))
    }

    fn of(words: Vec<Word>, ops: Vec<Op>, is_native: bool) -> Self {
        Self(Shared::new(Code {
            words: words.into_boxed_slice(),
            ops: ops.into_boxed_slice(),
            is_native,
            #[cfg(feature = "compiled")]
            compiled: once_cell::race::OnceBox::new(),
            #[cfg(feature = "compiled")]
            heat: Heat::default(),
        }))
    }

    /// Whether both are handles of the same code.
    #[inline]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Shared::ptr_eq(&self.0, &other.0)
    }

    /// Whether the host executes it itself.
    pub fn is_native(&self) -> bool {
        self.0.is_native
    }

    /// Number of instructions in words that a program counter can reach.
    fn instructions_in(words: &[Word]) -> usize {
        (words.len() * 4).min(MAX_INSTRUCTIONS)
    }

    /// The code page.
    pub fn words(&self) -> &[Word] {
        &self.0.words
    }

    /// The word of the code page at an index; zero beyond the end.
    #[inline(always)]
    pub fn word(&self, index: u16) -> Word {
        self.0.words.get(usize::from(index)).copied().unwrap_or(Word::ZERO)
    }

    /// Number of instructions that a program counter can reach. Beyond them all is invalid.
    pub fn len(&self) -> usize {
        Self::instructions_in(&self.0.words)
    }

    /// Whether there is no code at all.
    pub fn is_empty(&self) -> bool {
        self.0.words.is_empty()
    }

    /// The instruction at a program counter.
    #[inline]
    pub fn instruction(&self, pc: u16) -> Instruction {
        // The first instruction of a word is in its highest limb.
        let word = self.0.words.get(usize::from(pc / 4));
        Instruction::decode(word.map_or(0, |word| word.0[usize::from(3 - pc % 4)]))
    }

    /// The prepared instructions and the one that stands for the end.
    #[inline(always)]
    pub(crate) fn ops(&self) -> &[Op] {
        &self.0.ops
    }
}

#[cfg(feature = "compiled")]
impl Program {
    /// The native code, if a compiler has made some.
    #[inline]
    pub fn compiled(&self) -> Option<&CompiledCode> {
        self.0.compiled.get()
    }

    /// Instructions that were done in the program by machines with a [`Watcher`](crate::compiled::Watcher).
    pub fn heat(&self) -> u64 {
        self.0.heat.done()
    }

    /// Forgets them, so that the watcher is told again when they are enough.
    pub fn cool(&self) {
        self.0.heat.cool();
    }

    #[inline]
    pub(crate) fn add_heat(&self, instructions: u64, threshold: impl FnOnce() -> u64) -> bool {
        self.0.heat.add(instructions, threshold)
    }

    pub(crate) fn meet(&self, is_enough: impl FnOnce() -> bool) {
        self.0.heat.meet(is_enough);
    }

    /// Installs native code and leads its entries to it.
    pub(crate) fn set_compiled(&self, code: CompiledCode) -> Result<(), CompiledCode> {
        if self.0.is_native {
            return Err(code);
        }
        self.0.compiled.set(Box::new(code)).map_err(|code| *code)?;
        for pc in self.compiled().into_iter().flat_map(CompiledCode::entries) {
            if let Some(op) = self.0.ops[..self.len()].get(usize::from(pc)) {
                op.run_with(crate::vm::compiled::compiled);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("words", &self.0.words.len()).finish_non_exhaustive()
    }
}
