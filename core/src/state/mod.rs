//! What the machine remembers.

pub(crate) mod frame;
pub(crate) mod journal;
pub(crate) mod page;
pub(crate) mod pages;
pub(crate) mod registers;
pub(crate) mod slots;
pub(crate) mod stack;
pub(crate) mod watch;
