//! Quotes the builders of arguments, which know at compile time what is missing.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::types::Expander;
use crate::check::Builder;
use crate::names::{self, Scope};
use crate::types::{Member, Type};

/// `CreateArgs::builder()` and what it gives.
///
/// The builder has a type parameter for each required argument: the argument's
/// type once it has been given, and before that a type of the argument's name,
/// which the compiler then names as missing.
pub(crate) fn builder(
    called: &Builder,
    arguments: &Ident,
    members: &[Member],
    inside: &Expander<'_>,
) -> TokenStream {
    let Builder {
        ident: builder,
        missing,
    } = called;
    let builder = &inside.of_arguments(builder);
    let mut setters = Scope::default();
    setters.take("build".to_owned());
    let keys: Vec<&str> = members.iter().map(|member| member.key.as_str()).collect();
    let setters = setters.take_all(&keys, names::snake);
    let fields: Vec<Field<'_>> = members
        .iter()
        .zip(setters)
        .enumerate()
        .map(|(index, (member, setter))| Field {
            member,
            ident: names::ident(&member.name),
            setter: names::ident(&setter),
            ty: inside.rust(&member.ty),
            // No type that is generated begins so.
            parameter: format_ident!("_T{index}"),
        })
        .collect();
    let required: Vec<&Field<'_>> = fields.iter().filter(|f| !f.member.optional).collect();

    let markers: Vec<&Ident> = required.iter().map(|field| &field.ident).collect();
    let parameters: Vec<&Ident> = required.iter().map(|field| &field.parameter).collect();
    let types = required.iter().map(|field| &field.ty);
    let declarations = fields.iter().map(Field::declaration);
    let empty = fields.iter().map(|field| {
        let ident = &field.ident;
        if field.member.optional {
            quote!(#ident: ::std::option::Option::None)
        } else {
            quote!(#ident: #missing::#ident)
        }
    });
    let built = fields.iter().map(|field| {
        let ident = &field.ident;
        if field.member.optional {
            quote!(#ident: self.#ident)
        } else {
            quote!(#ident: ::byod_runtime::codec::Given::given(self.#ident))
        }
    });
    let setters = fields
        .iter()
        .map(|field| field.setter(builder, &fields, &parameters));
    let doc = format!("Builds [`{arguments}`], of which only the required ones must be given.");
    quote! {
        impl #arguments {
            #[doc = #doc]
            pub fn builder() -> #builder<#(#missing::#markers),*> {
                #builder { #(#empty),* }
            }
        }

        #[doc = #doc]
        #[must_use = "a builder does nothing until it is built"]
        #[derive(Clone, Debug)]
        pub struct #builder<#(#parameters),*> { #(#declarations),* }

        impl<#(#parameters),*> #builder<#(#parameters),*> {
            #(#setters)*

            /// The arguments. Optional ones that were not given are left out.
            pub fn build(self) -> #arguments
            where
                #(#parameters: ::byod_runtime::codec::Given<#types>,)*
            {
                #arguments { #(#built),* }
            }
        }

        /// What a required argument is before it is given.
        #[doc(hidden)]
        pub mod #missing {
            #(
                #[derive(Clone, Debug)]
                pub struct #markers;
            )*
        }
    }
}

struct Field<'m> {
    member: &'m Member,
    ident: Ident,
    setter: Ident,
    ty: TokenStream,
    /// Its type parameter, if it is required.
    parameter: Ident,
}

impl Field<'_> {
    fn declaration(&self) -> TokenStream {
        let (ident, ty, parameter) = (&self.ident, &self.ty, &self.parameter);
        if self.member.optional {
            quote!(#ident: ::std::option::Option<#ty>)
        } else {
            quote!(#ident: #parameter)
        }
    }

    fn setter(&self, builder: &Ident, all: &[Self], parameters: &[&Ident]) -> TokenStream {
        let (ident, setter, ty) = (&self.ident, &self.setter, &self.ty);
        let doc = format!("`{}`: `{}`", self.member.key, self.member.declared);
        let (parameter, value) = if self.member.ty == Type::String {
            (
                quote!(impl ::std::convert::Into<#ty>),
                quote!(::std::convert::Into::into(value)),
            )
        } else {
            (ty.clone(), quote!(value))
        };
        if self.member.optional {
            return quote! {
                #[doc = #doc]
                pub fn #setter(mut self, value: #parameter) -> Self {
                    self.#ident = ::std::option::Option::Some(#value);
                    self
                }
            };
        }
        let given = parameters.iter().map(|parameter| {
            if **parameter == self.parameter {
                ty.clone()
            } else {
                quote!(#parameter)
            }
        });
        let moved = all.iter().map(|other| {
            let field = &other.ident;
            if *field == self.ident {
                quote!(#field: #value)
            } else {
                quote!(#field: self.#field)
            }
        });
        quote! {
            #[doc = #doc]
            pub fn #setter(self, value: #parameter) -> #builder<#(#given),*> {
                #builder { #(#moved),* }
            }
        }
    }
}
