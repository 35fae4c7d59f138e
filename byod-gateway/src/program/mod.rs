//! The program: its arguments, and what it serves until it is told to end.

mod arguments;
mod limits;
mod serving;

pub(crate) use arguments::Arguments;
pub(crate) use serving::run;
