//! Parses the struct that `#[byod_table]` stands on.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Fields, Ident, ItemStruct, LitStr, Type, Visibility};

/// The struct as it was written.
pub(crate) struct Input {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) form: Form,
}

/// Where the struct's fields come from.
pub(crate) enum Form {
    /// `struct Conversations;`: from the schema.
    Whole,
    /// `struct Preferences { … }`: written out, to be checked.
    Written(Vec<WrittenField>),
}

/// A field as it was written.
pub(crate) struct WrittenField {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// `#[byod(rename = "schemaName")]`
    pub(crate) rename: Option<LitStr>,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let item: ItemStruct = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "byod_table stands on a struct: `struct Conversations;` or `struct Conversations { … }`",
            )
        })?;
        if !item.generics.params.is_empty() {
            return Err(syn::Error::new_spanned(
                &item.generics,
                "a table's struct takes no generics: its fields have the types of the schema",
            ));
        }
        let form = match item.fields {
            Fields::Unit => Form::Whole,
            Fields::Named(fields) if fields.named.is_empty() => Form::Whole,
            Fields::Named(fields) => Form::Written(
                fields
                    .named
                    .into_iter()
                    .map(WrittenField::new)
                    .collect::<syn::Result<_>>()?,
            ),
            Fields::Unnamed(fields) => {
                return Err(syn::Error::new_spanned(
                    fields,
                    "a table's struct has named fields, or none to take them from the schema",
                ));
            }
        };
        Ok(Self {
            attributes: item.attrs,
            visibility: item.vis,
            ident: item.ident,
            form,
        })
    }
}

impl WrittenField {
    fn new(field: syn::Field) -> syn::Result<Self> {
        let (own, attributes) = field.attrs.into_iter().partition::<Vec<_>, _>(is_own);
        let mut rename: Option<LitStr> = None;
        for attribute in own {
            let form =
                "`#[byod(…)]` on a field takes `rename = \"…\"`: the field's name in schema.ts";
            if attribute.meta.require_list().is_err() {
                return Err(syn::Error::new_spanned(&attribute.meta, form));
            }
            attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("rename") {
                    return Err(meta.error(form));
                }
                if rename.is_some() {
                    return Err(meta.error("`rename` is given twice: keep one"));
                }
                let name = meta.value().and_then(|value| value.parse());
                rename = Some(name.map_err(|_| meta.error(form))?);
                Ok(())
            })?;
        }
        let ident = field.ident.ok_or_else(|| {
            syn::Error::new_spanned(&field.ty, "a table's struct has named fields")
        })?;
        Ok(Self {
            attributes,
            visibility: field.vis,
            ident,
            ty: field.ty,
            rename,
        })
    }
}

/// Whether an attribute of a field is this macro's.
pub(crate) fn is_own(attribute: &Attribute) -> bool {
    attribute.path().is_ident("byod")
}
