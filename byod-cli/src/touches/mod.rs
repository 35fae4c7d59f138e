//! Which tables each of main's functions touches.

mod analysis;
mod ids;
mod leads;
mod packages;
mod sides;

pub(crate) use ids::Ids;
pub(crate) use sides::{Judged, Sides};
