//! Takes secrets out of texts that come from outside.
//!
//! Who is sent a secret may send it back, and not always as it was: escaped for JSON or
//! HTML, percent-encoded, in base64, in hex, in capitals. A text is searched as it stands
//! and with its escapes undone, for every such form, letters' case aside.

mod forms;
mod letters;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use byod_schema::Value;
use memchr::memmem;

use forms::Form;
use letters::Letters;

/// What stands in a text in place of a secret.
const TAKEN: char = '…';

/// The most characters that stand for one byte of a secret: `&#x0000007c;`.
const LONGEST_ESCAPE: usize = 12;

/// The secrets that a deployment was sent, in all forms in which it might send them back.
///
/// Cheap to clone; wiped from memory when dropped, and absent from `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    forms: Arc<[Form]>,
}

impl Secrets {
    /// What is shorter than four bytes is no secret: it would be found everywhere.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            forms: secrets.into_iter().flat_map(forms::of).collect(),
        }
    }

    /// The text without any secret.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.find(text);
        if found.is_empty() {
            return text.into();
        }
        without(text, &found).into()
    }

    /// At most the first `limit` characters of the text, without any secret, also
    /// none that the limit cuts in two; `…` stands for the rest.
    ///
    /// No more than that and what a secret may take is looked at, however long the text.
    pub(crate) fn shortened(&self, text: &str, limit: usize) -> String {
        let Some(end) = end_of(text, limit) else {
            return self.redact(text).into_owned();
        };
        let reach = self.forms.iter().map(Form::len).max().unwrap_or(0) * LONGEST_ESCAPE;
        let seen = end_of(&text[end..], reach).map_or(text, |more| &text[..end + more]);
        // What begins before the limit is taken out as a whole.
        let mut found = self.find(seen);
        found.retain(|range| range.start < end);
        if let Some(last) = found.last_mut() {
            last.end = last.end.min(end);
        }
        let mut short = without(&text[..end], &found);
        if !short.ends_with(TAKEN) {
            short.push(TAKEN);
        }
        short
    }

    /// The same for every string of a value, the names of its fields among them, and for
    /// its bytes.
    pub(crate) fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.redact(text) {
                    *text = redacted;
                }
            }
            Value::Bytes(bytes) => {
                if let Cow::Owned(redacted) = self.redact(&String::from_utf8_lossy(bytes)) {
                    *bytes = redacted.into();
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.redact_value(value)),
            Value::Object(fields) => {
                let redacted = std::mem::take(fields).into_iter().map(|(key, mut value)| {
                    self.redact_value(&mut value);
                    (self.redact(&key).into_owned(), value)
                });
                *fields = redacted.collect();
            }
            _ => {}
        }
    }

    /// Where secrets are, in order and apart from one another.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        if self.forms.is_empty() || text.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for letters in [Some(Letters::written(text)), Letters::meant(text)]
            .iter()
            .flatten()
        {
            for form in self.forms.iter() {
                let places = memmem::find_iter(letters.bytes(), form.bytes());
                found.extend(places.map(|at| {
                    let range = letters.in_text(at..at + form.len());
                    form.whole(text, range)
                }));
            }
        }
        found.sort_unstable_by_key(|range: &Range<usize>| (range.start, range.end));
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for range in found {
            match apart.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        apart
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// The byte behind the first `limit` characters, if there are more.
fn end_of(text: &str, limit: usize) -> Option<usize> {
    text.char_indices().nth(limit).map(|(end, _)| end)
}

fn without(text: &str, found: &[Range<usize>]) -> String {
    let mut rest = 0;
    let mut kept = String::with_capacity(text.len());
    for range in found {
        kept.push_str(&text[rest..range.start]);
        kept.push(TAKEN);
        rest = range.end;
    }
    kept.push_str(&text[rest..]);
    kept
}

#[cfg(test)]
mod tests;
