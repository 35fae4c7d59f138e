//! Who writes a table.

use byod_schema::{FunctionPath, Manifest};

use super::analysis::Analysis;
use crate::source::Sources;

/// The functions of main that write the table, by themselves or by helpers, as far as
/// the text shows; not those that have another function do it.
pub(crate) fn writers_of<'m>(
    table: &str,
    sources: &Sources,
    manifest: &'m Manifest,
) -> Vec<&'m FunctionPath> {
    let analysis = Analysis::new(sources, manifest);
    let functions = manifest.main.functions.keys();
    functions
        .filter(|path| analysis.function(path).writes.contains(table))
        .collect()
}
