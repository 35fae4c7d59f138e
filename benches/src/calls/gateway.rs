//! What the gateway adds: calls and values through it, beside the same client talking to the deployment itself. The
//! deployments are in this process, the gateway in one of its own.

mod client;
mod http;
mod idle;
mod process;
mod ready_frames;
mod update;
mod world;

use std::error::Error;
use std::path::Path;

use crate::progress::Progress;
use crate::report::Section;
pub(crate) use process::serve;
use world::World;

/// Measures; where it is `brief`, a part of the turns and of the clients.
pub(crate) fn measure(
    program: &Path,
    brief: bool,
    progress: &Progress,
) -> Result<Vec<Section>, Box<dyn Error>> {
    let world = World::start(program)?;
    progress.at("gateway: calls over HTTP".to_owned());
    let http = http::measure(&world, if brief { 3 } else { 7 })?;
    progress.at("gateway: mutations and values at 100 clients".to_owned());
    let updates = update::measure(&world, if brief { 1 } else { 2 })?;
    // Before more clients than these were there, whose memory they would be given.
    progress.at("gateway: idle clients".to_owned());
    let idle = idle::measure(&world, if brief { 500 } else { 2500 })?;
    progress.at("gateway: a change that 1,000 clients watch".to_owned());
    let together = update::measure_together(&world)?;
    Ok(vec![http, updates, idle, together])
}
