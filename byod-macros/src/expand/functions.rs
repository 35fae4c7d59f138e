//! Quotes the wrappers: one function, and where needed one struct of arguments,
//! per Convex function.

use byod_schema::{FunctionType, Injection};
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::builders;
use super::paths::location_path;
use super::types::{Codec, Expander};
use crate::check::Table;
use crate::check::{Arguments, ArgumentsStruct, Function, Returns, ValueType};

pub(crate) fn function(
    function: &Function,
    table: &Table<'_>,
    inside: &Expander<'_>,
) -> TokenStream {
    let ident = &function.ident;
    let call = match (function.function_type, &function.returns) {
        (_, Returns::Pages(_)) => quote!(PaginatedQuery),
        (FunctionType::Query, _) => quote!(Query),
        (FunctionType::Mutation, _) => quote!(Mutation),
        (FunctionType::Action, _) => quote!(Action),
    };
    let info = info(function, table);
    let (result, typed) = result(function, table, inside);
    let doc = doc(function);

    let (definition, parameter, arguments) = match &function.arguments {
        Arguments::None => (None, None, quote!(&())),
        Arguments::Struct(ArgumentsStruct {
            ident: name,
            members,
            builder,
        }) => {
            let codecs: Vec<Codec> = members.iter().map(|m| inside.codec(m)).collect();
            let fields = inside.declarations(members);
            let puts = codecs.iter().map(Codec::put);
            let default = members.iter().all(|m| m.optional).then(|| quote!(Default,));
            let builder = builder
                .as_ref()
                .map(|builder| builders::builder(builder, name, members, inside));
            let doc = format!("The arguments of [`{ident}`].");
            let definition = quote! {
                #[doc = #doc]
                #[derive(Clone, Debug, #default PartialEq)]
                pub struct #name { #(#fields),* }

                impl ::byod_runtime::codec::Arguments for #name {
                    fn encode_fields<_M: ::byod_runtime::codec::SerializeMap>(
                        &self,
                        fields: &mut _M,
                    ) -> ::std::result::Result<(), _M::Error> {
                        #(#puts)*
                        ::std::result::Result::Ok(())
                    }
                }

                #builder
            };
            (
                Some(definition),
                Some(quote!(, arguments: #name)),
                quote!(&arguments),
            )
        }
        Arguments::Untyped => (
            None,
            Some(quote!(, arguments: impl ::byod_runtime::codec::Serialize)),
            quote!(&::byod_runtime::codec::UntypedArguments(&arguments)),
        ),
    };
    quote! {
        #definition

        #[doc = #doc]
        pub fn #ident(session: &::byod_runtime::Session #parameter) -> ::byod_runtime::#call<#result> {
            static FUNCTION: ::byod_runtime::codec::FunctionInfo = #info;
            ::byod_runtime::#call::#typed(session, &FUNCTION, #arguments)
        }
    }
}

/// The result's type (or its items'), and the constructor that reads it.
fn result(
    function: &Function,
    table: &Table<'_>,
    inside: &Expander<'_>,
) -> (TokenStream, TokenStream) {
    let ident = table.ident;
    let own = quote!(super::#ident);
    let (Returns::Value(value) | Returns::Pages(value)) = &function.returns;
    match value {
        ValueType::Declared(ty) => {
            let marker = inside.marker(ty);
            (inside.rust(ty), quote!(__typed::<#marker>))
        }
        ValueType::Written(ty) => (with_self(ty.to_token_stream(), &own), quote!(__new)),
        ValueType::Json => (quote!(::byod_runtime::codec::Json), quote!(__new)),
    }
}

/// `Self` in the attribute means the table's struct, which is outside the module.
fn with_self(tokens: TokenStream, own: &TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => own.clone(),
            TokenTree::Group(group) => {
                let inner = with_self(group.stream(), own);
                TokenTree::from(Group::new(group.delimiter(), inner)).into()
            }
            other => other.into(),
        })
        .collect()
}

fn info(function: &Function, table: &Table<'_>) -> TokenStream {
    let path = function.path.to_string();
    // The body of every call begins with it: written once, at compile time.
    let head = format!(
        r#"{{"path":{},"format":"convex_encoded_json","args":"#,
        serde_json::Value::from(path.as_str())
    );
    let table_name = &table.name;
    let location = location_path(table.location);
    let inject = function.inject.iter().map(|(name, injection)| {
        let injection = match injection {
            Injection::Subject => quote!(Subject),
            Injection::Now => quote!(Now),
            Injection::IdempotencyKey => quote!(IdempotencyKey),
        };
        quote!((#name, ::byod_runtime::codec::Injection::#injection))
    });
    quote! {
        ::byod_runtime::codec::FunctionInfo {
            table: #table_name,
            location: #location,
            path: #path,
            head: #head,
            inject: &[#(#inject),*],
        }
    }
}

fn doc(function: &Function) -> String {
    let mut doc = format!("The {} `{}`.", function.function_type, function.path);
    let is_key = |injection: &Injection| *injection == Injection::IdempotencyKey;
    let names: Vec<String> = function
        .inject
        .iter()
        .filter(|(_, injection)| !is_key(injection))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !names.is_empty() {
        doc += &format!(
            "\n\nOn the user's deployment it also takes {}, which the session fills in.",
            names.join(", ")
        );
    }
    if function
        .inject
        .iter()
        .any(|(_, injection)| is_key(injection))
    {
        doc += "\n\nThere it takes an idempotency key too: `.idempotency_key(…)` on the call.";
    }
    if matches!(function.returns, Returns::Pages(_)) {
        doc += "\n\nIt gives its result page by page; the call sets the size of a page.";
    }
    if function.function_type != FunctionType::Query {
        doc += "\n\nNothing happens before the call is awaited.";
    }
    doc
}
