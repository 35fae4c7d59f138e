//! `table!`, `tables!` and `functions!`: checked names, without a struct.

use byod_schema::Location;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::LitStr;

use crate::check::unknown_table;
use crate::expand::{self, location_path};
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

/// `functions!()`
pub(crate) fn functions(input: TokenStream) -> syn::Result<TokenStream> {
    if !input.is_empty() {
        return Err(syn::Error::new_spanned(
            input,
            "functions!() takes nothing: it has every public function of main",
        ));
    }
    let manifest = manifest::load().map_err(|error| error.at(Span::call_site()))?;
    let functions = manifest.placed().map(|placed| expand::info(&placed));
    Ok(quote! {
        {
            const FUNCTIONS: &[::byod_runtime::FunctionInfo] = &[#(#functions),*];
            FUNCTIONS
        }
    })
}

fn info(name: &str, location: Location) -> TokenStream {
    let location = location_path(location);
    quote!(::byod_runtime::TableInfo { name: #name, location: #location })
}
