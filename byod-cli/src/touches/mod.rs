//! Which tables each of main's functions touches.

mod across;
mod analysis;
mod asking;
mod crons;
mod ids;
mod leads;
mod packages;
mod sides;
mod writers;

pub(crate) use analysis::Analysis;
pub(crate) use asking::{Asking, BuilderImport, asking, http_actions, taking_caller};
pub(crate) use crons::left_on_main;
pub(crate) use ids::Ids;
pub(crate) use leads::handed;
pub(crate) use sides::{Judged, Sides};
pub(crate) use writers::writers_of;
