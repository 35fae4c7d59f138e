//! Quotes the structs and enums of a table's module.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::expand_types::{Codec, Expander};
use crate::names;
use crate::types::{Body, Definition, Member, TaggedVariant, Type, Variant};

/// A generated struct or enum.
pub(crate) fn definition(definition: &Definition, inside: &Expander<'_>) -> TokenStream {
    let ident = names::ident(&definition.name);
    let doc = format!("`{}`", definition.validator);
    let body = match &definition.body {
        Body::Struct(members) => structure(&ident, members, inside),
        Body::Enum {
            variants,
            catch_all,
        } => literals(&ident, variants, catch_all),
        Body::Tagged {
            tag,
            variants,
            catch_all,
        } => tagged(&ident, tag, variants, catch_all, inside),
        Body::Union { members, catch_all } => union(&ident, members, catch_all, inside),
    };
    quote!(#[doc = #doc] #body)
}

fn structure(ident: &Ident, members: &[Member], inside: &Expander<'_>) -> TokenStream {
    let fields = inside.declarations(members);
    let codecs: Vec<Codec> = members.iter().map(|m| inside.codec(m)).collect();
    let object = inside.object_impl(ident, &codecs);
    let serde = inside.serde_impls(ident);
    quote! {
        #[derive(Clone, Debug, PartialEq)]
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

fn tagged(
    ident: &Ident,
    tag: &str,
    variants: &[TaggedVariant],
    catch_all: &str,
    inside: &Expander<'_>,
) -> TokenStream {
    let mut declarations = Vec::new();
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    for TaggedVariant { name, text, fields } in variants {
        let name = names::ident(name);
        let doc = format!("`{tag}: {text:?}`");
        match fields.map(|index| inside.rust(&Type::Object(index))) {
            Some(fields) => {
                declarations.push(quote!(#[doc = #doc] #name(#fields)));
                reads.push(quote! {
                    ::std::option::Option::Some(#text) => {
                        if let ::std::option::Option::Some(fields) =
                            ::byod_runtime::codec::object_member(&value, false)
                        {
                            return Self::#name(fields);
                        }
                    }
                });
                writes.push(quote! {
                    Self::#name(fields) => ::byod_runtime::codec::encode_tagged(
                        serializer, #tag, #text, fields,
                    )
                });
            }
            None => {
                declarations.push(quote!(#[doc = #doc] #name));
                reads.push(quote!(::std::option::Option::Some(#text) => return Self::#name));
                writes.push(quote! {
                    Self::#name => ::byod_runtime::codec::encode_tag(serializer, #tag, #text)
                });
            }
        }
    }
    let read = quote! {
        match value.get(#tag).and_then(::byod_runtime::codec::Json::as_str) {
            #(#reads,)*
            _ => {}
        }
    };
    union_enum(ident, &declarations, catch_all, &read, &writes)
}

fn union(
    ident: &Ident,
    members: &[(String, Type)],
    catch_all: &str,
    inside: &Expander<'_>,
) -> TokenStream {
    let mut declarations = Vec::new();
    let mut exact = Vec::new();
    let mut lenient = Vec::new();
    let mut writes = Vec::new();
    for (name, ty) in members {
        let name = names::ident(name);
        let (rust, marker) = (inside.rust(ty), inside.marker(ty));
        declarations.push(quote!(#name(#rust)));
        writes.push(quote!(Self::#name(value) => ::byod_runtime::Field::<#marker>::encode(value, serializer)));
        let found = |attempt: TokenStream| {
            quote! {
                if let ::std::option::Option::Some(member) = #attempt {
                    return Self::#name(member);
                }
            }
        };
        if matches!(ty, Type::Object(_)) {
            exact.push(found(
                quote!(::byod_runtime::codec::object_member::<#rust>(&value, true)),
            ));
            lenient.push(found(
                quote!(::byod_runtime::codec::object_member::<#rust>(&value, false)),
            ));
        } else {
            exact.push(found(
                quote!(::byod_runtime::codec::member::<#marker, #rust>(&value)),
            ));
        }
    }
    let read = quote!(#(#exact)* #(#lenient)*);
    union_enum(ident, &declarations, catch_all, &read, &writes)
}

/// An enum with its catch-all; `read` returns early for what it knows.
fn union_enum(
    ident: &Ident,
    declarations: &[TokenStream],
    catch_all: &str,
    read: &TokenStream,
    writes: &[TokenStream],
) -> TokenStream {
    let catch_all = names::ident(catch_all);
    let serde = serde_impls(ident, &quote!(Union));
    quote! {
        #[derive(Clone, Debug, PartialEq)]
        pub enum #ident {
            #(#declarations,)*
            /// A value that no member in this build's schema holds.
            #catch_all(::byod_runtime::UnknownValue),
        }

        impl ::byod_runtime::codec::Union for #ident {
            fn from_json(value: ::byod_runtime::codec::Json) -> Self {
                #read
                Self::#catch_all(::byod_runtime::UnknownValue::__read(value))
            }

            fn encode_union<S: ::byod_runtime::codec::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                match self {
                    #(#writes,)*
                    Self::#catch_all(value) => {
                        ::byod_runtime::codec::Serialize::serialize(value, serializer)
                    }
                }
            }
        }
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
