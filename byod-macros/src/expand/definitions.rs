//! Quotes the structs and enums of a table's module.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::types::{Codec, Expander};
use super::union_items::UnionEnum;
use crate::names;
use crate::types::{Body, Definition, Member, Variant};

/// A generated struct or enum.
pub(crate) fn definition(
    name: &str,
    definition: &Definition,
    inside: &Expander<'_>,
) -> TokenStream {
    let ident = names::ident(name);
    let doc = format!("`{}`", definition.validator);
    let body = match &definition.body {
        Body::Struct(members) => structure(&ident, members, inside),
        Body::Enum {
            variants,
            catch_all,
        } => literals(&ident, variants, catch_all),
        Body::Union(declared) => union(&ident, &UnionEnum::new(declared, inside)),
    };
    quote!(#[doc = #doc] #body)
}

fn structure(ident: &Ident, members: &[Member], inside: &Expander<'_>) -> TokenStream {
    let fields = inside.declarations(members);
    let codecs: Vec<Codec> = members.iter().map(|m| inside.codec(m)).collect();
    let object = inside.object_impl(ident, &codecs);
    let serde = inside.serde_impls(ident);
    let default = members.iter().all(|m| m.optional).then(|| quote!(Default,));
    quote! {
        #[derive(Clone, Debug, #default PartialEq)]
        pub struct #ident { #(#fields),* }
        #object
        #serde
    }
}

fn literals(ident: &Ident, variants: &[Variant], catch_all: &str) -> TokenStream {
    let names: Vec<Ident> = variants.iter().map(|v| names::ident(&v.name)).collect();
    let texts: Vec<&String> = variants.iter().map(|v| &v.text).collect();
    let docs = texts.iter().map(|text| format!("`{text:?}`"));
    let catch_all = names::ident(catch_all);
    let serde = serde_impls(ident, &quote!(OneOf));
    quote! {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum #ident {
            #(#[doc = #docs] #names,)*
            /// A literal that this build's schema doesn't have.
            #catch_all(::byod_runtime::Unknown),
        }

        impl #ident {
            /// The literal's text.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#names => #texts,)*
                    Self::#catch_all(text) => text.as_str(),
                }
            }
        }

        impl ::byod_runtime::codec::Literals for #ident {
            fn from_text(text: &str) -> Self {
                match text {
                    #(#texts => Self::#names,)*
                    text => Self::#catch_all(::byod_runtime::Unknown::__read(text)),
                }
            }

            fn as_str(&self) -> &str {
                Self::as_str(self)
            }
        }

        impl ::std::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        #serde
    }
}

fn union(ident: &Ident, union: &UnionEnum) -> TokenStream {
    let declaration = union.declaration(ident);
    let codec = union.union_impl(ident);
    let serde = serde_impls(ident, &quote!(Union));
    quote! {
        #[derive(Clone, Debug, PartialEq)]
        pub #declaration
        #codec
        #serde
    }
}

/// `Serialize` and `Deserialize` of an enum that is a field of the marker.
fn serde_impls(ident: &Ident, marker: &TokenStream) -> TokenStream {
    let field = quote!(::byod_runtime::Field<::byod_runtime::v::#marker<Self>>);
    quote! {
        impl ::byod_runtime::codec::Serialize for #ident {
            fn serialize<S: ::byod_runtime::codec::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                <Self as #field>::encode(self, serializer)
            }
        }

        impl<'de> ::byod_runtime::codec::Deserialize<'de> for #ident {
            fn deserialize<D: ::byod_runtime::codec::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                <Self as #field>::decode(deserializer)
            }
        }
    }
}
