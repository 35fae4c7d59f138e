//! The files of main that a person may go on with say what was written, by a digest: one that
//! is as some version of the tool wrote it gives way to the next, and an edited one is kept.

use crate::export::files::hash;
use crate::source::MAIN_HEAD;

/// Begins the second line; the digest of all below it follows.
const LINE: &str = "// An edited file is kept. Unedited, what follows has the digest ";

/// The text with its digest.
pub(super) fn signed(text: &str) -> String {
    let rest = text.strip_prefix(MAIN_HEAD).unwrap_or(text);
    format!("{MAIN_HEAD}{LINE}{}\n{rest}", hash(rest))
}

/// Whether nobody has edited it since it was written.
pub(super) fn is_as_written(text: &str) -> bool {
    // Git may have given it other ends of lines.
    let text = text.replace("\r\n", "\n");
    let signed = text
        .strip_prefix(MAIN_HEAD)
        .and_then(|text| text.strip_prefix(LINE));
    let signed = signed.and_then(|signed| signed.split_once('\n'));
    signed.is_some_and(|(digest, rest)| digest == hash(rest))
}
