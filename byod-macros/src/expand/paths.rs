//! Paths of the runtime that several of the quoted items name.

use byod_schema::Location;
use proc_macro2::TokenStream;
use quote::quote;

/// The table's name as a type: `Name<'u', 's', 'e', 'r', 's'>`.
pub(crate) fn name_type(table: &str) -> TokenStream {
    let chars = table.chars();
    quote!(::byod_runtime::Name<#(#chars),*>)
}

pub(crate) fn location_path(location: Location) -> TokenStream {
    match location {
        Location::Main => quote!(::byod_runtime::Location::Main),
        Location::User => quote!(::byod_runtime::Location::User),
    }
}
