//! `table!` and `tables!`: checked names, without a struct.

use byod_schema::{Location, nearest};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::LitStr;

use crate::manifest;

/// `table!("conversations")`
pub(crate) fn one(input: TokenStream) -> syn::Result<TokenStream> {
    let name: LitStr = syn::parse2(input).map_err(|error| {
        syn::Error::new(
            error.span(),
            "table! takes a table's name: table!(\"conversations\")",
        )
    })?;
    let manifest = manifest::load().map_err(|error| error.at(name.span()))?;
    let table = name.value();
    let location = manifest
        .location(&table)
        .ok_or_else(|| syn::Error::new(name.span(), unknown_table(&manifest, &table)))?;
    Ok(info(&table, location))
}

/// `tables!()`
pub(crate) fn all(input: TokenStream) -> syn::Result<TokenStream> {
    if !input.is_empty() {
        return Err(syn::Error::new_spanned(
            input,
            "tables!() takes nothing: it has every table of main's schema",
        ));
    }
    let manifest = manifest::load().map_err(|error| error.at(Span::call_site()))?;
    let tables = manifest
        .tables()
        .map(|(name, location)| info(name, location));
    Ok(quote! {
        {
            const TABLES: &[::byod_runtime::TableInfo] = &[#(#tables),*];
            TABLES
        }
    })
}

fn info(name: &str, location: Location) -> TokenStream {
    let location = location_path(location);
    quote!(::byod_runtime::TableInfo { name: #name, location: #location })
}

pub(crate) fn location_path(location: Location) -> TokenStream {
    match location {
        Location::Main => quote!(::byod_runtime::Location::Main),
        Location::User => quote!(::byod_runtime::Location::User),
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
