//! Types that are plainly wrong for what the schema declares.

use syn::{GenericArgument, PathArguments};

use crate::types::{Member, Type};
use crate::written::WrittenField;

/// What to say of a field whose type can't hold what the schema declares; `right` is
/// the type that can.
///
/// Only types that are plainly wrong are seen here: the compiler checks the rest.
pub(super) fn mismatch(
    table: &str,
    field: &WrittenField,
    member: &Member,
    right: String,
) -> Option<String> {
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
    wrong.then(|| {
        format!(
            "`{table}.{}` is {} in the schema{}, which `{}` can't hold: write `{right}`",
            member.key,
            member.declared,
            if member.ty == Type::String && member.declared.contains("v.id(") {
                " (an id on main, the subject on the user's deployment, so a string)"
            } else {
                ""
            },
            spelled(&field.ty),
        )
    })
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
