//! `byod fleet status`: how every user's deployment is.

use byod_fleet::{Row, Status, Totals};
use clap::Args;

use super::Reached;
use super::progress::Progress;
use crate::error::Error;

/// Which are listed, and whether they are asked themselves.
#[derive(Args)]
pub(crate) struct Options {
    /// List only those of whose deployment something is wrong.
    #[arg(long)]
    failing: bool,
    /// List only those whose deployment runs an older version.
    #[arg(long, value_name = "VERSION")]
    older_than: Option<u64>,
    /// Ask the deployments themselves. The records are counted before, which reads them once more.
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    reached: Reached,
}

impl Options {
    /// Whether all is as it should be.
    pub(crate) fn is_well(&self, totals: &Totals) -> bool {
        let is_behind = self.older_than.is_some() && totals.listed > 0;
        totals.failing == 0 && !is_behind
    }
}

/// Gives each that is to be listed as it is known, and all in numbers.
pub(crate) fn read(options: &Options, mut listed: impl FnMut(&Row)) -> Result<Totals, Error> {
    let (byod, runtime) = options.reached.service.start()?;
    let status = Status::default()
        .failing(options.failing)
        .older_than(options.older_than)
        .probe(options.probe)
        .at_once(options.reached.at_once.into());
    let read = async {
        let progress = match options.probe {
            // What takes long is the deployments: so the records are counted before.
            true => Progress::of(
                Some(status.count(&byod).await?),
                "users, whose deployments are asked",
            ),
            false => Progress::of(None, "read"),
        };
        let read = status.read(&byod, |seen| {
            progress.one();
            if let Some(row) = seen {
                progress.aside(|| listed(row));
            }
        });
        read.await
    };
    runtime
        .block_on(read)
        .map_err(|error| Error::of_fleet(error, &options.reached.service.module))
}
