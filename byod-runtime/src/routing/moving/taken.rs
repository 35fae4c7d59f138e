//! What was taken of what one user may bring to main.

use super::super::allowance::Allowance;
use super::state::Direction;
use super::wire::{Document, Row};

/// What has been taken of it.
pub(super) struct Taken {
    /// Nothing where what is taken is main's own.
    of: Option<Allowance>,
    /// In one go through all there is.
    rows: u64,
    pages: u64,
    texts: u64,
    /// In all: what is fetched stays, whatever names it by the end.
    files: u64,
    file_bytes: u64,
}

impl Taken {
    pub(super) fn new(direction: Direction, allowance: Allowance) -> Self {
        Self {
            of: (direction == Direction::Out).then_some(allowance),
            rows: 0,
            pages: 0,
            texts: 0,
            files: 0,
            file_bytes: 0,
        }
    }

    /// What was fetched before.
    pub(super) fn with_files(mut self, files: u64, bytes: u64) -> Self {
        (self.files, self.file_bytes) = (files, bytes);
        self
    }

    /// All is listed from the beginning.
    pub(super) fn lists(&mut self) {
        (self.rows, self.pages) = (0, 0);
    }

    /// All that is to be copied is, from the beginning.
    pub(super) fn copies(&mut self) {
        self.texts = 0;
    }

    /// One page, of which there may be more than documents, for tables may be empty.
    pub(super) fn rows(&mut self, rows: &[Row]) -> Result<(), String> {
        self.rows += rows.len() as u64;
        self.pages += 1;
        let are_named = rows
            .iter()
            .all(|row| is_id(&row.old) && is_digest(&row.hash));
        self.within(are_named)
    }

    pub(super) fn documents(&mut self, documents: &[Document]) -> Result<(), String> {
        let lengths = documents.iter().map(|document| document.text.len() as u64);
        self.texts = lengths.fold(self.texts, u64::saturating_add);
        self.within(documents.iter().all(|document| is_digest(&document.hash)))
    }

    /// So much text that isn't taken yet.
    pub(super) fn texts(&mut self, bytes: f64) -> Result<(), String> {
        self.texts = self.texts.saturating_add(bytes as u64);
        self.within(true)
    }

    /// One file, of so many bytes.
    pub(super) fn file(&mut self, bytes: f64) -> Result<(), String> {
        self.files += 1;
        self.file_bytes = self.file_bytes.saturating_add(bytes as u64);
        self.within(true)
    }

    fn within(&self, are_named: bool) -> Result<(), String> {
        let Some(Allowance { documents, bytes }) = self.of else {
            return Ok(());
        };
        if !are_named {
            return Err(
                "the deployment names documents as `byod export` doesn't: deploy there what it writes"
                    .to_owned(),
            );
        }
        let pages = documents.saturating_add(MORE_PAGES);
        if self.rows > documents
            || self.pages > pages
            || self.files > documents
            || self.texts.saturating_add(self.file_bytes) > bytes
        {
            return Err(format!(
                "the deployment has more than {documents} documents, as many files, or {bytes} bytes of both, the most that \
                 are taken to main: delete what isn't needed there, or allow more with \
                 `ByodBuilder::most_moved_out`, or `byod move --most-documents`"
            ));
        }
        Ok(())
    }
}

/// How many more pages there may be than documents.
const MORE_PAGES: u64 = 1_000;

/// No id is longer.
const LONGEST: usize = 64;

fn is_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= LONGEST && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether it is as both sides tell documents' states.
fn is_digest(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(old: &str) -> Row {
        Row {
            old: old.to_owned(),
            created: 0.0,
            hash: "0123456789abcdef".repeat(2),
        }
    }

    #[test]
    fn a_deployment_that_has_ever_more_is_left() {
        let allowance = Allowance {
            documents: 3,
            bytes: 10,
        };
        let mut taken = Taken::new(Direction::Out, allowance);
        for _ in 0..2 {
            taken.lists();
            assert!(taken.rows(&[row("a"), row("b")]).is_ok());
            assert!(taken.rows(&[row("c")]).is_ok());
            let reason = taken.rows(&[row("d")]).unwrap_err();
            assert!(reason.contains("most_moved_out"), "{reason}");
            // Pages without anything come to an end, too.
            taken.lists();
            assert!((0..1_003).all(|_| taken.rows(&[]).is_ok()));
            assert!(taken.rows(&[]).is_err());
        }
        let mut taken = Taken::new(Direction::Out, allowance);
        assert!((0..3).all(|_| taken.file(1.0).is_ok()));
        assert!(taken.file(0.0).is_err(), "too many");
        let mut taken = Taken::new(Direction::Out, allowance).with_files(1, 6);
        assert!(taken.texts(4.0).is_ok());
        assert!(taken.texts(1.0).is_err(), "too large");
        // What is copied again takes the place of what was; files stay.
        taken.copies();
        assert!(taken.texts(4.0).is_ok());
        assert!(taken.file(1.0).is_err(), "too large with those before");
        let mut own = Taken::new(Direction::In, allowance);
        assert!((0..100).all(|_| own.rows(&[row("a")]).is_ok()));
    }

    #[test]
    fn what_is_named_as_nothing_is_named_does_not_come_to_main() {
        let mut taken = Taken::new(Direction::Out, Allowance::default());
        assert!(taken.rows(&[row(&"a".repeat(LONGEST))]).is_ok());
        for other in [&*"a".repeat(LONGEST + 1), "two words", "\u{1b}[2J"] {
            assert!(taken.rows(&[row(other)]).is_err(), "{other:?}");
        }
        let hash = "no digest".to_owned();
        assert!(taken.rows(&[Row { hash, ..row("a") }]).is_err());
    }
}
