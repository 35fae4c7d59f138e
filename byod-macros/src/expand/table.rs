//! Quotes the table's struct, its trait implementations and its module.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Ident, ItemStruct};

use super::module::{Contents, module_of};
use super::paths::{location_path, name_type};
use super::types::{Codec, Expander};
use super::union_items::UnionEnum;
use crate::check::{Body, CheckedField, Table};
use crate::written;

pub(crate) fn expand(table: &Table<'_>) -> TokenStream {
    let ident = table.ident;
    let visibility = table.visibility;
    let module = &table.module.own;

    let outside = Expander::new(&table.types, quote!(#module::), quote!(#ident));
    let inside = Expander::new(&table.types, quote!(), quote!(super::#ident));
    let body = body(table, &outside);
    let table_impl = table_impl(table);
    let doc = format!(
        "The functions of the table `{}`, which lives on {}, and the types they take and give.",
        table.name,
        match table.location {
            byod_schema::Location::Main => "main",
            byod_schema::Location::User => "the user's deployment",
        }
    );
    let module = module_of(&Contents {
        names: &table.module,
        visibility,
        doc,
        attributes: &[],
        types: &table.types,
        functions: &table.functions,
        own: Some(quote!(super::#ident)),
        inside,
    });
    quote! {
        #body
        #table_impl
        #module
    }
}

fn body(table: &Table<'_>, outside: &Expander<'_>) -> TokenStream {
    let attributes = table.attributes;
    let visibility = table.visibility;
    let ident = table.ident;
    match &table.body {
        Body::Whole(members) => {
            let derives = missing_derives(attributes);
            let fields = members.iter().map(|member| outside.declaration(member));
            let codecs: Vec<Codec> = members.iter().map(|m| outside.codec(m)).collect();
            let object = outside.object_impl(ident, &codecs);
            let serde = outside.serde_impls(ident);
            quote! {
                #(#attributes)*
                #derives
                #visibility struct #ident { #(#fields),* }
                #object
                #serde
            }
        }
        Body::Written(fields) => {
            let codecs: Vec<Codec> = fields.iter().map(|f| written_codec(f, outside)).collect();
            let object = if table.broken {
                Expander::broken_object_impl(ident)
            } else {
                outside.object_impl(ident, &codecs)
            };
            let declared = table.written.iter().map(|written| {
                let attributes = &written.attributes;
                let (visibility, ident, ty) = (&written.visibility, &written.ident, &written.ty);
                quote!(#(#attributes)* #visibility #ident: #ty)
            });
            quote! {
                #(#attributes)*
                #visibility struct #ident { #(#declared),* }
                #object
            }
        }
        Body::Enum(kinds) => {
            let derives = missing_derives(attributes);
            let union = UnionEnum::new(kinds, outside);
            let declaration = union.declaration(ident);
            let object = union.object_impl(ident);
            let serde = outside.serde_impls(ident);
            quote! {
                #(#attributes)*
                #derives
                #visibility #declaration
                #object
                #serde
            }
        }
        Body::Untyped => {
            let derives = missing_derives(attributes);
            let serde = outside.serde_impls(ident);
            let object = outside.untyped_object_impl(ident);
            quote! {
                #(#attributes)*
                #derives
                #visibility struct #ident {
                    /// The document's fields, without `_id` and `_creationTime`.
                    pub fields: ::byod_runtime::Members,
                }
                #object
                #serde
            }
        }
    }
}

fn written_codec(field: &CheckedField<'_>, outside: &Expander<'_>) -> Codec {
    let ty = &field.written.ty;
    Codec {
        ident: field.written.ident.clone(),
        key: field.member.key.clone(),
        ty: quote!(#ty),
        marker: outside.marker(&field.member.ty),
        optional: field.member.optional,
        span: Some(ty.span()),
    }
}

/// `Clone`, `Debug` and `PartialEq`, as far as the user didn't derive them.
fn missing_derives(attributes: &[syn::Attribute]) -> TokenStream {
    let mut derived = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        // Malformed derives are the compiler's to report.
        let _ = attribute.parse_nested_meta(|meta| {
            derived.extend(meta.path.segments.last().map(|s| s.ident.to_string()));
            Ok(())
        });
    }
    let missing: Vec<Ident> = ["Clone", "Debug", "PartialEq"]
        .into_iter()
        .filter(|name| !derived.iter().any(|d| d == name))
        .map(|name| format_ident!("{name}"))
        .collect();
    quote!(#[derive(#(#missing),*)])
}

fn table_impl(table: &Table<'_>) -> TokenStream {
    let ident = table.ident;
    let name = name_type(&table.name);
    let location = location_path(table.location);
    quote! {
        impl ::byod_runtime::Table for #ident {
            type Name = #name;
            const LOCATION: ::byod_runtime::Location = #location;
        }
    }
}

/// The struct without this macro's own attributes, and as much of a table as lets
/// the rest of the crate mention it.
pub(crate) fn stand_in(item: TokenStream) -> TokenStream {
    let Ok(mut item) = syn::parse2::<ItemStruct>(item.clone()) else {
        return item;
    };
    for field in &mut item.fields {
        field.attrs.retain(|attribute| !written::is_own(attribute));
    }
    let ident = &item.ident;
    // A table has no generics.
    if !item.generics.params.is_empty() {
        return item.into_token_stream();
    }
    let object = Expander::broken_object_impl(ident);
    let name = name_type(&ident.to_string());
    quote! {
        #item
        #object
        impl ::byod_runtime::Table for #ident {
            type Name = #name;
            const LOCATION: ::byod_runtime::Location = ::byod_runtime::Location::Main;
        }
    }
}
