//! `byod fleet status`: how every user's deployment is.

use byod_fleet::{Row, Status, Totals};

use super::progress::Progress;
use super::service::Service;
use crate::error::Error;

/// Which are listed, and whether they are asked themselves.
pub(crate) struct Options {
    pub(crate) failing: bool,
    pub(crate) older_than: Option<u64>,
    pub(crate) probe: bool,
    pub(crate) service: Service,
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
    let (byod, runtime) = options.service.start()?;
    let status = Status::default()
        .failing(options.failing)
        .older_than(options.older_than)
        .probe(options.probe)
        .at_once(options.service.at_once.into());
    let what = match options.probe {
        true => "asked, and their deployments",
        false => "read",
    };
    let progress = Progress::of(None, what.to_owned());
    let read = status.read(&byod, |seen| {
        progress.one();
        if let Some(row) = seen {
            progress.aside(|| listed(row));
        }
    });
    runtime
        .block_on(read)
        .map_err(|error| Error::of_fleet(error, &options.service.module))
}
