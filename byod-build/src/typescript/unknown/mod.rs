//! Makes operators notice what is unknown: a value of something that is not there, of
//! which nothing shows whether it is true, equal to another, or how often it holds
//! anything. What the functions of `__byod__` do then is in `engine/js/unknown.js`.

mod effects;
mod notice;
mod rewrite;

pub(super) use notice::notice;
