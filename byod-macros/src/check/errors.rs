//! Gathers mistakes, and words those about names.

use byod_schema::nearest;
use proc_macro2::Span;

/// Mistakes, gathered.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// None, or all of them as one.
    pub(crate) fn into_error(self) -> Option<syn::Error> {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn push(&mut self, span: Span, message: impl std::fmt::Display) {
        let error = syn::Error::new(span, message);
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }
}

/// The message for a name that is not among `names`.
pub(crate) fn unknown_name<'n>(
    what: &str,
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("{what}: did you mean `{near}`?"),
        None if names.is_empty() => what.to_owned(),
        None => format!("{what}: there is {}", some_of(names.into_iter())),
    }
}

/// The message for a table that main's schema doesn't have.
pub(crate) fn unknown_table(manifest: &byod_schema::Manifest, table: &str) -> String {
    let convex = &manifest.main.convex;
    match nearest(table, manifest.main.schema.table_names()) {
        Some(near) => format!("no table `{table}` in {convex}/schema.ts: did you mean `{near}`?"),
        None => format!(
            "no table `{table}` in {convex}/schema.ts: define it there, or name one of {}",
            some_of(manifest.main.schema.table_names())
        ),
    }
}

/// The first few names, and how many more there are.
pub(crate) fn some_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = names.collect();
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
