//! Quotes the wrappers: one function, and where needed one struct of arguments,
//! per Convex function.

use byod_schema::{FunctionType, Injection, Runs};
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::builders;
use super::info::info;
use super::types::{Codec, Expander};
use crate::check::{Arguments, ArgumentsStruct, Function, Returns, ValueType};

pub(crate) fn function(
    function: &Function,
    own: Option<&TokenStream>,
    inside: &Expander<'_>,
) -> TokenStream {
    let ident = &function.ident;
    let call = match (function.placed.function_type, &function.returns) {
        (_, Returns::Pages(_)) => quote!(PaginatedQuery),
        (FunctionType::Query, _) => quote!(Query),
        (FunctionType::Mutation, _) => quote!(Mutation),
        (FunctionType::Action, _) => quote!(Action),
    };
    let info = info(&function.placed);
    let (result, typed) = result(function, own, inside);
    let doc = doc(function);

    let (definition, parameter, arguments) = match &function.arguments {
        Arguments::None => (None, None, quote!(&())),
        Arguments::Struct(ArgumentsStruct {
            ident: name,
            members,
            builder,
        }) => {
            let name = &inside.of_arguments(name);
            let mut codecs: Vec<Codec> = members.iter().map(|m| inside.codec(m)).collect();
            codecs.sort_by(|a, b| a.key.cmp(&b.key));
            let fields = inside.declarations(members);
            let object = inside.object_impl(name, &codecs);
            let default = members.iter().all(|m| m.optional).then(|| quote!(Default,));
            // Instead of a hint to derive it.
            let no_default = members.iter().any(|m| !m.optional).then(|| {
                quote! {
                    impl ::std::default::Default for #name
                    where
                        for<'_a> ::byod_runtime::codec::RequiredArguments:
                            ::byod_runtime::codec::LeftOut<'_a, Self>,
                    {
                        fn default() -> Self {
                            <::byod_runtime::codec::RequiredArguments as
                                ::byod_runtime::codec::LeftOut<'_, Self>>::left_out()
                        }
                    }
                }
            });
            let builder = builder
                .as_ref()
                .map(|builder| builders::builder(builder, name, members, inside));
            let doc = format!(
                "The arguments of [`{ident}`]. Read from JSON, such as the body of a request, what is no argument is an error."
            );
            let definition = quote! {
                #[doc = #doc]
                #[derive(Clone, Debug, #default PartialEq)]
                pub struct #name { #(#fields),* }

                impl ::byod_runtime::codec::Arguments for #name {
                    fn encode_fields<_M: ::byod_runtime::codec::SerializeMap>(
                        &self,
                        fields: &mut _M,
                    ) -> ::std::result::Result<(), _M::Error> {
                        ::byod_runtime::codec::Object::encode_fields(self, fields)
                    }
                }

                #no_default

                #object

                impl<'de> ::byod_runtime::codec::Deserialize<'de> for #name {
                    fn deserialize<_D: ::byod_runtime::codec::Deserializer<'de>>(
                        deserializer: _D,
                    ) -> ::std::result::Result<Self, _D::Error> {
                        ::byod_runtime::codec::decode_arguments(deserializer)
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
    own: Option<&TokenStream>,
    inside: &Expander<'_>,
) -> (TokenStream, TokenStream) {
    let (Returns::Value(value) | Returns::Pages(value)) = &function.returns;
    match value {
        ValueType::Declared(ty) => {
            let marker = inside.marker(ty);
            (inside.rust(ty), quote!(__typed::<#marker>))
        }
        ValueType::Written(ty) => {
            let ty = ty.to_token_stream();
            let ty = own.map_or(ty.clone(), |own| with_self(ty, own));
            (ty, quote!(__new))
        }
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

fn doc(function: &Function) -> String {
    let placed = &function.placed;
    let mut doc = format!("The {} `{}`.", placed.function_type, placed.path);
    match &placed.runs {
        Runs::Refused { reason, .. } => {
            doc += &format!(
                "\n\nIt is refused to users who connected a deployment: it {reason}. For them a call \
                 is `Error::NotServed`, and nothing is sent; everybody else has it on main."
            );
        }
        Runs::Main if placed.sees_no_connected => {
            doc += "\n\nIt runs on main for everybody, and sees nothing of what users with a deployment \
                    of their own have there: `Routed::sees_no_connected`.";
        }
        Runs::Main if placed.asks_users => {
            doc += "\n\nIt runs on main for everybody, and asks for the user's data where that is: for users \
                    with a deployment of their own the session needs their token.";
        }
        Runs::Main | Runs::User => {}
    }
    let is_key = |injection: &Injection| *injection == Injection::IdempotencyKey;
    let names: Vec<String> = placed
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
    if placed.inject.iter().any(|(_, injection)| is_key(injection)) {
        doc += "\n\nThere it takes an idempotency key too: `.idempotency_key(…)` on the call.";
    }
    if matches!(function.returns, Returns::Pages(_)) {
        doc += "\n\nIt gives its result page by page; the call sets the size of a page.";
    }
    if placed.function_type != FunctionType::Query {
        doc += "\n\nNothing happens before the call is awaited.";
    }
    doc
}
