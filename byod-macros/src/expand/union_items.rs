//! Quotes the enums of unions, and of tables whose documents are of several kinds.

use byod_schema::{Validator, Value};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::types::Expander;
use crate::names;
use crate::types::{Tagged, TaggedVariant, Type, Union, Untagged, UntaggedVariant};

/// An enum without its name: what the variants are, and how each is read and written.
pub(crate) struct UnionEnum {
    declarations: Vec<TokenStream>,
    /// Returns early from a `value` that it knows.
    read: TokenStream,
    /// Arms that write the value to `serializer`.
    writes: Vec<TokenStream>,
    /// Arms that write the fields of an object to `fields`.
    field_writes: Vec<TokenStream>,
    catch_all: Ident,
}

impl UnionEnum {
    pub(crate) fn new(union: &Union, at: &Expander<'_>) -> Self {
        match union {
            Union::Tagged(union) => Self::tagged(union, at),
            Union::Untagged(union) => Self::untagged(union, at),
        }
    }

    fn tagged(union: &Tagged, at: &Expander<'_>) -> Self {
        let tag = &union.tag;
        let mut declarations = Vec::new();
        let mut reads = Vec::new();
        let mut writes = Vec::new();
        let mut field_writes = Vec::new();
        for variant in &union.variants {
            let TaggedVariant {
                name,
                literal,
                fields,
            } = variant;
            let name = names::ident(name);
            let doc = format!("`{tag}: {literal}`");
            let (pattern, literal) = (pattern(literal), literal_tokens(literal));
            match fields.map(|index| at.rust(&Type::Object(index))) {
                Some(fields) => {
                    declarations.push(quote!(#[doc = #doc] #name(#fields)));
                    reads.push(quote! {
                        #pattern => {
                            if let ::std::option::Option::Some(fields) =
                                ::byod_runtime::codec::member::<::byod_runtime::v::Object<#fields>, #fields>(&value)
                            {
                                return Self::#name(fields);
                            }
                        }
                    });
                    writes.push(quote! {
                        Self::#name(fields) => ::byod_runtime::codec::encode_tagged(
                            serializer, #tag, &#literal, fields,
                        )
                    });
                    field_writes.push(quote! {
                        Self::#name(variant) => {
                            fields.serialize_entry(#tag, &#literal)?;
                            ::byod_runtime::codec::Object::encode_fields(variant, fields)
                        }
                    });
                }
                None => {
                    declarations.push(quote!(#[doc = #doc] #name));
                    reads.push(quote!(#pattern => return Self::#name));
                    writes.push(quote! {
                        Self::#name => ::byod_runtime::codec::encode_tag(serializer, #tag, &#literal)
                    });
                    field_writes.push(quote! {
                        Self::#name => fields.serialize_entry(#tag, &#literal)
                    });
                }
            }
        }
        Self {
            declarations,
            read: quote! {
                match ::byod_runtime::codec::tag(&value, #tag) {
                    #(#reads,)*
                    _ => {}
                }
            },
            writes,
            field_writes,
            catch_all: names::ident(&union.catch_all),
        }
    }

    fn untagged(union: &Untagged, at: &Expander<'_>) -> Self {
        let mut declarations = Vec::new();
        let mut writes = Vec::new();
        let mut field_writes = Vec::new();
        let mut shapes = Vec::new();
        let mut reads: Vec<(&Type, TokenStream)> = Vec::new();
        for UntaggedVariant {
            name,
            ty,
            validators,
        } in &union.variants
        {
            let doc = format!("`{}`", union_of(validators));
            let name = names::ident(name);
            let (rust, marker) = (at.rust(ty), at.marker(ty));
            declarations.push(quote!(#[doc = #doc] #name(#rust)));
            writes.push(quote! {
                Self::#name(value) => ::byod_runtime::Field::<#marker>::encode(value, serializer)
            });
            field_writes.push(quote! {
                Self::#name(variant) => ::byod_runtime::codec::Object::encode_fields(variant, fields)
            });
            shapes.push(shape(&union_of(validators)));
            let read = quote! {
                if let ::std::option::Option::Some(member) =
                    ::byod_runtime::codec::member::<#marker, #rust>(&value)
                {
                    return Self::#name(member);
                }
            };
            reads.push((ty, read));
        }
        let nearest = reads
            .iter()
            .enumerate()
            .map(|(index, (_, read))| quote!(::std::option::Option::Some(#index) => { #read }));
        let nearest = quote! {
            const MEMBERS: &[::byod_runtime::codec::Shape] = &[#(#shapes),*];
            match ::byod_runtime::codec::nearest(&value, MEMBERS) {
                #(#nearest)*
                _ => {}
            }
        };
        // A text that is no literal of this build may still be one of a newer
        // deployment, unless it looks like an id.
        reads.sort_by_key(|(ty, _)| matches!(ty, Type::Id(_)));
        let reads = reads.iter().map(|(_, read)| read);
        Self {
            declarations,
            read: quote!(#nearest #(#reads)*),
            writes,
            field_writes,
            catch_all: names::ident(&union.catch_all),
        }
    }

    pub(crate) fn declaration(&self, ident: &Ident) -> TokenStream {
        let Self {
            declarations,
            catch_all,
            ..
        } = self;
        quote! {
            enum #ident {
                #(#declarations,)*
                /// A value that no member in this build's schema holds.
                #catch_all(::byod_runtime::UnknownValue),
            }
        }
    }

    /// How the value of a union is written and read.
    pub(crate) fn union_impl(&self, ident: &Ident) -> TokenStream {
        let Self {
            read,
            writes,
            catch_all,
            ..
        } = self;
        quote! {
            impl ::byod_runtime::codec::Union for #ident {
                fn from_json(value: ::byod_runtime::codec::Json) -> Self {
                    #read
                    Self::#catch_all(::byod_runtime::UnknownValue::__read(value))
                }

                fn encode_union<_S: ::byod_runtime::codec::Serializer>(
                    &self,
                    serializer: _S,
                ) -> ::std::result::Result<_S::Ok, _S::Error> {
                    match self {
                        #(#writes,)*
                        Self::#catch_all(value) => {
                            ::byod_runtime::codec::Serialize::serialize(value, serializer)
                        }
                    }
                }
            }
        }
    }

    /// How a table's documents are written and read.
    pub(crate) fn object_impl(&self, ident: &Ident) -> TokenStream {
        let Self {
            read,
            field_writes,
            catch_all,
            ..
        } = self;
        Expander::object(
            ident,
            &quote!(),
            &quote! {
                match self {
                    #(#field_writes,)*
                    Self::#catch_all(value) => value.__encode_fields(fields),
                }
            },
            &quote! {
                let read = |value: ::byod_runtime::codec::Json| -> Self {
                    #read
                    Self::#catch_all(::byod_runtime::UnknownValue::__read(value))
                };
                fields.json().map(read)
            },
        )
    }
}

fn union_of(validators: &[Validator]) -> Validator {
    match validators {
        [only] => only.clone(),
        several => Validator::Union {
            value: several.to_vec(),
        },
    }
}

/// The pattern of a tag.
fn pattern(literal: &Value) -> TokenStream {
    let tag = quote!(::byod_runtime::codec::Tag);
    match literal {
        Value::String(text) => quote!(#tag::Text(#text)),
        Value::Boolean(value) => quote!(#tag::Boolean(#value)),
        Value::Int64(number) => quote!(#tag::Int64(#number)),
        Value::Float64(number) => {
            let number = float(*number);
            quote!(#tag::Number(number) if number == #number)
        }
        // Convex has no other literals.
        _ => quote!(#tag::Other if false),
    }
}

/// The literal, as what serializes to it.
fn literal_tokens(literal: &Value) -> TokenStream {
    let value = quote!(::byod_runtime::Value);
    match literal {
        Value::String(text) => quote!(#text),
        Value::Boolean(literal) => quote!(#literal),
        Value::Int64(number) => quote!(#value::Int64(#number)),
        Value::Float64(number) => {
            let number = float(*number);
            quote!(#value::Float64(#number))
        }
        _ => quote!(#value::Null),
    }
}

/// By its bits: not every float64 has a literal.
fn float(number: f64) -> TokenStream {
    let bits = number.to_bits();
    quote!(f64::from_bits(#bits))
}

/// The validator as a constant.
fn shape(validator: &Validator) -> TokenStream {
    let path = quote!(::byod_runtime::codec::Shape);
    match validator {
        Validator::Any | Validator::Other(_) => quote!(#path::Any),
        Validator::Null => quote!(#path::Null),
        Validator::Boolean => quote!(#path::Boolean),
        Validator::Number => quote!(#path::Number),
        Validator::Bigint => quote!(#path::Int64),
        Validator::String => quote!(#path::String),
        Validator::Bytes => quote!(#path::Bytes),
        Validator::Id { .. } => quote!(#path::Id),
        Validator::Literal { value } => match value {
            Value::String(text) => quote!(#path::Text(#text)),
            Value::Boolean(literal) => quote!(#path::BooleanLiteral(#literal)),
            Value::Int64(number) => quote!(#path::Int64Literal(#number)),
            Value::Float64(number) => {
                let number = float(*number);
                quote!(#path::NumberLiteral(#number))
            }
            _ => quote!(#path::Any),
        },
        Validator::Array { value } => {
            let of = shape(value);
            quote!(#path::Array(&#of))
        }
        Validator::Record { keys, values } => {
            let (keys, values) = (shape(keys), shape(&values.field_type));
            quote!(#path::Record(&#keys, &#values))
        }
        Validator::Object { value } => {
            let fields = value.iter().map(|(name, field)| {
                let (optional, of) = (field.optional, shape(&field.field_type));
                quote!((#name, #optional, #of))
            });
            quote!(#path::Object(&[#(#fields),*]))
        }
        Validator::Union { value } => {
            let members = value.iter().map(shape);
            quote!(#path::Union(&[#(#members),*]))
        }
    }
}
