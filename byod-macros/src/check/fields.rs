//! Checks the fields that a user wrote against the schema.
//!
//! Types that are plainly wrong get a message of their own here; for all
//! others, aliases and newtypes among them, the compiler checks the trait
//! `Field` of the runtime.

use byod_schema::Fields;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments};

use super::table::{Errors, unknown_name};
use crate::names;
use crate::types::Documents;
use crate::types::{Member, Type, Types};
use crate::written::WrittenField;

/// A written field with what the schema says of it.
pub(crate) struct CheckedField<'a> {
    pub(crate) written: &'a WrittenField,
    pub(crate) member: Member,
}

pub(crate) struct Context<'c, 'a> {
    pub(crate) table: &'c str,
    /// The generated module's name, for types in messages.
    pub(crate) module: &'c str,
    pub(crate) fields: &'c Fields,
    pub(crate) documents: &'c Documents<'c>,
    pub(crate) types: &'c Types<'a>,
    pub(crate) partial: bool,
}

/// The member that `field` was written for: the one of that very name in the
/// schema, or else the one whose name in Rust it is.
fn member_of<'m>(field: &WrittenField, members: &'m [Member]) -> Option<&'m Member> {
    let by_key = |key: &str| members.iter().find(|member| member.key == key);
    match &field.rename {
        Some(rename) => by_key(&rename.value()),
        None => by_key(&field.ident.unraw().to_string()).or_else(|| {
            members
                .iter()
                .find(|member| names::ident(&member.name) == field.ident)
        }),
    }
}

/// Whether `field` may have been written for the schema's field `key`.
pub(crate) fn is_about(field: &WrittenField, key: &str) -> bool {
    match &field.rename {
        Some(rename) => rename.value() == key,
        None => field.ident.unraw() == key || field.ident == names::ident(&names::snake(key)),
    }
}

impl Context<'_, '_> {
    pub(crate) fn check<'w>(
        &self,
        written: &'w [WrittenField],
        members: Vec<Member>,
        ident: &syn::Ident,
        errors: &mut Errors,
    ) -> Vec<CheckedField<'w>> {
        match self.documents {
            Documents::One(_) => {}
            Documents::Several(_) if self.partial => {}
            Documents::Several(_) => errors.push(
                ident.span(),
                format!(
                    "the documents of `{}` are of several kinds, so a struct can list only fields that all of \
                     them have: declare it a partial view with `partial`, or write `struct {ident};` to get an \
                     enum with a variant for each kind",
                    self.table
                ),
            ),
            Documents::Any => {
                errors.push(
                    ident.span(),
                    format!(
                        "the documents of `{}` are v.any(), so the schema doesn't say which fields they have: \
                         write `struct {ident};`, whose `fields` are a map, or declare the fields in schema.ts",
                        self.table
                    ),
                );
                return Vec::new();
            }
        }
        let mut checked: Vec<CheckedField<'w>> = Vec::new();
        for field in written {
            let span = field
                .rename
                .as_ref()
                .map_or(field.ident.span(), |rename| rename.span());
            match member_of(field, &members) {
                None => errors.push(span, self.unknown_field(field, ident)),
                Some(member) => {
                    if let Some(other) = checked.iter().find(|other| other.member.key == member.key)
                    {
                        errors.push(
                            span,
                            format!(
                                "`{}.{}` has two fields in this struct, `{}` and `{}`: remove one",
                                self.table, member.key, other.written.ident, field.ident
                            ),
                        );
                        continue;
                    }
                    self.check_type(field, member, errors);
                    checked.push(CheckedField {
                        written: field,
                        member: member.clone(),
                    });
                }
            }
        }
        for member in &members {
            let known = checked.iter().any(|field| field.member.key == member.key);
            if !known && !member.optional && !self.partial && !self.is_several() {
                errors.push(
                    ident.span(),
                    format!(
                        "the struct leaves out `{}.{}`, which the schema requires: add `{}: {}`, or declare a \
                         partial view with `partial`",
                        self.table,
                        member.key,
                        names::ident(&member.name),
                        self.types.display(&member.ty, self.module)
                    ),
                );
            }
        }
        checked.sort_by(|a, b| a.member.key.cmp(&b.member.key));
        checked
    }

    fn is_several(&self) -> bool {
        matches!(self.documents, Documents::Several(_))
    }

    fn unknown_field(&self, field: &WrittenField, ident: &syn::Ident) -> String {
        let name = field
            .rename
            .as_ref()
            .map_or_else(|| field.ident.unraw().to_string(), syn::LitStr::value);
        if matches!(
            name.as_str(),
            "id" | "_id" | "creation_time" | "_creationTime"
        ) {
            return format!(
                "`{}` declares no field `{name}`: a document's id and creation time are in `Doc`, beside \
                 the fields of this struct",
                self.table
            );
        }
        if let Documents::Several(kinds) = self.documents
            && kinds.iter().any(|kind| kind.get(&name).is_some())
        {
            return format!(
                "only some of the kinds of documents of `{}` have `{name}`: leave it out, or write `struct \
                 {ident};` to get an enum with a variant for each kind",
                self.table
            );
        }
        let what = format!("`{}` has no field `{name}`", self.table);
        unknown_name(&what, &name, self.fields.names())
    }

    fn check_type(&self, field: &WrittenField, member: &Member, errors: &mut Errors) {
        let right = self.types.display(&member.ty, self.module);
        let (wrong, right) = if member.optional {
            let wrong = match argument_of(&field.ty, &["Option"]) {
                Some(present) => plainly_wrong(present, &member.ty),
                // Without `Option`, but not an alias either.
                None => Shape::of(&field.ty).is_some(),
            };
            (wrong, format!("Option<{right}>"))
        } else {
            (plainly_wrong(&field.ty, &member.ty), right)
        };
        if !wrong {
            return;
        }
        let written = spelled(&field.ty);
        errors.push(
            field.ty.span(),
            format!(
                "`{}.{}` is {} in the schema{}, which `{written}` can't hold: write `{right}`",
                self.table,
                member.key,
                member.declared,
                if member.ty == Type::String && member.declared.contains("v.id(") {
                    " (an id on main, the subject on the user's deployment, so a string)"
                } else {
                    ""
                },
            ),
        );
    }
}

/// A type as it was written, without the spaces between tokens.
fn spelled(ty: &syn::Type) -> String {
    quote::quote!(#ty)
        .to_string()
        .replace(' ', "")
        .replace(',', ", ")
}

/// What a written type is, for those of the standard library that can be
/// mistaken for each other. Anything else may be an alias or a newtype.
enum Shape<'t> {
    Text,
    F64,
    I64,
    OtherNumber,
    Bool,
    Unit,
    Id,
    List(&'t syn::Type),
    Maybe(&'t syn::Type),
}

impl<'t> Shape<'t> {
    fn of(ty: &'t syn::Type) -> Option<Self> {
        if let Some(element) = argument_of(ty, &["Vec"]) {
            return Some(Self::List(element));
        }
        if let Some(present) = argument_of(ty, &["Option"]) {
            return Some(Self::Maybe(present));
        }
        if argument_of(ty, &["Id"]).is_some() {
            return Some(Self::Id);
        }
        match ty {
            syn::Type::Tuple(tuple) if tuple.elems.is_empty() => Some(Self::Unit),
            syn::Type::Path(path) => {
                let ident = path.path.get_ident()?.to_string();
                Some(match ident.as_str() {
                    "String" => Self::Text,
                    "f64" => Self::F64,
                    "i64" => Self::I64,
                    "f32" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16"
                    | "i32" | "i128" | "isize" => Self::OtherNumber,
                    "bool" => Self::Bool,
                    _ => return None,
                })
            }
            _ => None,
        }
    }
}

/// The type in `Name<…>`, if `ty` is one of `names`.
fn argument_of<'t>(ty: &'t syn::Type, names: &[&str]) -> Option<&'t syn::Type> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    if !names.iter().any(|name| last.ident == name) {
        return None;
    }
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

fn plainly_wrong(written: &syn::Type, schema: &Type) -> bool {
    let Some(shape) = Shape::of(written) else {
        return false;
    };
    match (shape, schema) {
        (Shape::Text, Type::String | Type::OneOf(_))
        | (Shape::F64, Type::Number)
        | (Shape::I64, Type::Int64)
        | (Shape::Bool, Type::Boolean)
        | (Shape::Unit, Type::Null)
        // Of which table, the compiler knows.
        | (Shape::Id, Type::Id(_)) => false,
        (Shape::List(element), Type::Array(of)) => plainly_wrong(element, of),
        (Shape::List(element), Type::Bytes) => {
            !matches!(element, syn::Type::Path(path) if path.path.is_ident("u8"))
        }
        (Shape::Maybe(present), Type::Nullable(of)) => plainly_wrong(present, of),
        _ => true,
    }
}
