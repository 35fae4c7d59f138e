//! Quotes the types of a table's module and how they are written and read.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Ident;

use super::paths::name_type;
use crate::names;
use crate::types::{Member, Type, Types};

/// Turns schema types into Rust types, seen from one place.
pub(crate) struct Expander<'t> {
    types: &'t Types<'t>,
    /// What goes before the name of a generated type: nothing inside the module.
    prefix: TokenStream,
    /// The table's struct; nothing where there is none.
    table: TokenStream,
}

/// A field with what is needed to write and read it.
pub(crate) struct Codec {
    pub(crate) ident: Ident,
    pub(crate) key: String,
    pub(crate) ty: TokenStream,
    pub(crate) marker: TokenStream,
    pub(crate) optional: bool,
    /// Where the type was written, if a user wrote it.
    pub(crate) span: Option<Span>,
}

impl<'t> Expander<'t> {
    pub(crate) fn new(types: &'t Types<'_>, prefix: TokenStream, table: TokenStream) -> Self {
        Self {
            types,
            prefix,
            table,
        }
    }

    /// The name of arguments, or of what belongs to them, where a type of the schema may have
    /// it too.
    pub(crate) fn of_arguments(&self, name: &Ident) -> Ident {
        self.types.beside_types(name)
    }

    fn definition_path(&self, index: usize) -> TokenStream {
        let prefix = &self.prefix;
        let name = names::ident(&self.types.name(index));
        quote!(#prefix #name)
    }

    /// The Rust type.
    pub(crate) fn rust(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::String => quote!(::std::string::String),
            Type::Number => quote!(f64),
            Type::Int64 => quote!(i64),
            Type::Boolean => quote!(bool),
            Type::Null => quote!(()),
            Type::Bytes => quote!(::std::vec::Vec<u8>),
            Type::Any => quote!(::byod_runtime::Value),
            Type::Id(table) => {
                let name = name_type(table);
                quote!(::byod_runtime::DocumentId<#name>)
            }
            Type::Array(of) => {
                let of = self.rust(of);
                quote!(::std::vec::Vec<#of>)
            }
            Type::Record(keys, values) => {
                let (keys, values) = (self.rust(keys), self.rust(values));
                quote!(::std::collections::BTreeMap<#keys, #values>)
            }
            Type::Nullable(of) => {
                let of = self.rust(of);
                quote!(::std::option::Option<#of>)
            }
            Type::Object(index) | Type::OneOf(index) | Type::Union(index) => {
                self.definition_path(*index)
            }
            Type::Document => {
                let table = &self.table;
                quote!(::byod_runtime::Doc<#table>)
            }
            Type::Page(of) => {
                let of = self.rust(of);
                quote!(::byod_runtime::Page<#of>)
            }
        }
    }

    /// The marker of the validator.
    pub(crate) fn marker(&self, ty: &Type) -> TokenStream {
        let v = quote!(::byod_runtime::v);
        match ty {
            Type::String => quote!(#v::String),
            Type::Number => quote!(#v::Number),
            Type::Int64 => quote!(#v::Int64),
            Type::Boolean => quote!(#v::Boolean),
            Type::Null => quote!(#v::Null),
            Type::Bytes => quote!(#v::Bytes),
            Type::Any => quote!(#v::Any),
            Type::Id(table) => {
                let name = name_type(table);
                quote!(#v::Id<#name>)
            }
            Type::Array(of) => {
                let of = self.marker(of);
                quote!(#v::Array<#of>)
            }
            Type::Record(keys, values) => {
                let (keys, values) = (self.marker(keys), self.marker(values));
                quote!(#v::Record<#keys, #values>)
            }
            Type::Nullable(of) => {
                let of = self.marker(of);
                quote!(#v::Nullable<#of>)
            }
            Type::Object(index) => {
                let path = self.definition_path(*index);
                quote!(#v::Object<#path>)
            }
            Type::OneOf(index) => {
                let path = self.definition_path(*index);
                quote!(#v::OneOf<#path>)
            }
            Type::Union(index) => {
                let path = self.definition_path(*index);
                quote!(#v::Union<#path>)
            }
            Type::Document => {
                let table = &self.table;
                quote!(#v::Document<#table>)
            }
            Type::Page(of) => {
                let of = self.marker(of);
                quote!(#v::Page<#of>)
            }
        }
    }

    pub(crate) fn codec(&self, member: &Member) -> Codec {
        let ty = self.rust(&member.ty);
        Codec {
            ident: names::ident(&member.name),
            key: member.key.clone(),
            ty: if member.optional {
                quote!(::std::option::Option<#ty>)
            } else {
                ty
            },
            marker: self.marker(&member.ty),
            optional: member.optional,
            span: None,
        }
    }

    /// Writing and reading, field by field. `codecs` are sorted by key.
    pub(crate) fn object_impl(&self, ident: &Ident, codecs: &[Codec]) -> TokenStream {
        let keys = codecs.iter().map(|codec| &codec.key);
        let puts = codecs.iter().map(Codec::put);
        let locals: Vec<Ident> = codecs.iter().map(Codec::local).collect();
        let reads = codecs
            .iter()
            .enumerate()
            .map(|(index, codec)| codec.read(index));
        let fields = codecs.iter().map(Codec::settle);
        Self::object(
            ident,
            &quote!(#(#keys),*),
            &quote! {
                #(#puts)*
                let _ = fields;
                ::std::result::Result::Ok(())
            },
            &quote! {
                let mut fields = fields;
                #(let mut #locals = ::std::option::Option::None;)*
                loop {
                    match fields.next_known()? {
                        #(#reads,)*
                        _ => break,
                    }
                }
                ::std::result::Result::Ok(Self { #(#fields),* })
            },
        )
    }

    /// For documents without fixed fields.
    pub(crate) fn untyped_object_impl(&self, ident: &Ident) -> TokenStream {
        Self::object(
            ident,
            &quote!(),
            &quote! {
                for (name, value) in &self.fields {
                    fields.serialize_entry(name, value)?;
                }
                ::std::result::Result::Ok(())
            },
            &quote!(::std::result::Result::Ok(Self {
                fields: fields.rest()?
            })),
        )
    }

    /// For a struct with mistakes: enough for the rest of the crate to be checked.
    pub(crate) fn broken_object_impl(ident: &Ident) -> TokenStream {
        let unreachable = quote! {
            let _ = fields;
            ::std::unreachable!()
        };
        Self::object(ident, &quote!(), &unreachable, &unreachable)
    }

    pub(crate) fn object(
        ident: &Ident,
        keys: &TokenStream,
        encode: &TokenStream,
        decode: &TokenStream,
    ) -> TokenStream {
        // The generics are called as no type that is generated can be.
        quote! {
            impl ::byod_runtime::codec::Object for #ident {
                const KEYS: &'static [&'static str] = &[#keys];

                fn encode_fields<_M: ::byod_runtime::codec::SerializeMap>(
                    &self,
                    fields: &mut _M,
                ) -> ::std::result::Result<(), _M::Error> {
                    #encode
                }

                fn decode_fields<'de, _A: ::byod_runtime::codec::MapAccess<'de>>(
                    fields: ::byod_runtime::codec::Entries<'_, _A>,
                ) -> ::std::result::Result<Self, _A::Error> {
                    #decode
                }
            }
        }
    }

    /// `Serialize` and `Deserialize`, in Convex's encoding.
    pub(crate) fn serde_impls(&self, ident: &Ident) -> TokenStream {
        quote! {
            impl ::byod_runtime::codec::Serialize for #ident {
                fn serialize<S: ::byod_runtime::codec::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    ::byod_runtime::codec::encode(self, serializer)
                }
            }

            impl<'de> ::byod_runtime::codec::Deserialize<'de> for #ident {
                fn deserialize<D: ::byod_runtime::codec::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    ::byod_runtime::codec::decode(deserializer)
                }
            }
        }
    }
}

impl Expander<'_> {
    pub(crate) fn declaration(&self, member: &Member) -> TokenStream {
        let ident = names::ident(&member.name);
        let ty = self.rust(&member.ty);
        let ty = if member.optional {
            quote!(::std::option::Option<#ty>)
        } else {
            ty
        };
        let doc = format!("`{}`: `{}`", member.key, member.declared);
        quote!(#[doc = #doc] pub #ident: #ty)
    }

    /// The public fields of a generated struct.
    pub(crate) fn declarations(&self, members: &[Member]) -> Vec<TokenStream> {
        members
            .iter()
            .map(|member| self.declaration(member))
            .collect()
    }
}

impl Codec {
    /// `required::<V, T, _>` or `optional::<V, T, _>`, with `operation` as its
    /// argument: all at the place of the field's type, where the compiler then
    /// reports a type that can't hold the values.
    fn call(&self, operation: TokenStream) -> TokenStream {
        let (marker, ty) = (&self.marker, &self.ty);
        let function = if self.optional {
            quote!(optional)
        } else {
            quote!(required)
        };
        let call = quote!(::byod_runtime::codec::#function::<#marker, #ty, _>(#operation));
        match self.span {
            Some(span) => at(call, span),
            None => call,
        }
    }

    /// The variable that a value is read into.
    fn local(&self) -> Ident {
        let ident = self.ident.to_string();
        names::ident(&format!("field_{}", ident.trim_start_matches("r#")))
    }

    pub(crate) fn put(&self) -> TokenStream {
        let (key, ident) = (&self.key, &self.ident);
        let call = self.call(quote!(::byod_runtime::codec::Put(fields, #key, &self.#ident)));
        quote!(#call?;)
    }

    /// The arm that reads the field, which is number `index` of the keys.
    fn read(&self, index: usize) -> TokenStream {
        let local = self.local();
        let call = self.call(quote!(::byod_runtime::codec::Get::new(&mut fields)));
        quote!(::std::option::Option::Some(#index) => #local = #call?)
    }

    /// `field: value`, after all has been read.
    fn settle(&self) -> TokenStream {
        let (ident, key, local) = (&self.ident, &self.key, self.local());
        if self.optional {
            let call = self.call(quote!(::byod_runtime::codec::Settle(#local)));
            quote!(#ident: #call)
        } else {
            quote!(#ident: ::byod_runtime::codec::present(#key, #local)?)
        }
    }
}

/// The tokens as if they stood at `span`, with the names that they have here.
fn at(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut moved = Group::new(group.delimiter(), at(group.stream(), span));
                moved.set_span(group.span().located_at(span));
                TokenTree::Group(moved)
            }
            mut token => {
                token.set_span(token.span().located_at(span));
                token
            }
        })
        .collect()
}
