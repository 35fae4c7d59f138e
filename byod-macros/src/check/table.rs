//! Checks what was written against the manifest, and gathers what is expanded.
//!
//! Every mistake of one struct is reported at once, each at the narrowest place.

use byod_schema::{Difference, Fields, Location, Manifest};
use proc_macro2::Span;
use syn::Visibility;

use super::errors::{Errors, some_of, unknown_table};
use super::fields::{self, CheckedField};
use super::functions::{self, Asked, Function};
use super::rust_names::{self, ModuleNames};
use crate::names;
use crate::types::{Documents, common_fields};
use crate::types::{Member, Types, Union};
use crate::written::Attribute;
use crate::written::{Form, Input, WrittenField};

/// A table, ready to expand.
pub(crate) struct Table<'a> {
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) attributes: &'a [syn::Attribute],
    pub(crate) visibility: &'a Visibility,
    pub(crate) ident: &'a syn::Ident,
    /// The generated module's names.
    pub(crate) module: ModuleNames,
    pub(crate) body: Body<'a>,
    /// The fields as they were written, also those that are wrong.
    pub(crate) written: &'a [WrittenField],
    /// Whether the struct has mistakes. It is expanded all the same, so that the
    /// rest of the crate isn't reported for want of it.
    pub(crate) broken: bool,
    pub(crate) types: Types<'a>,
    pub(crate) functions: Vec<Function>,
}

/// The struct's fields.
pub(crate) enum Body<'a> {
    /// All of the schema's.
    Whole(Vec<Member>),
    /// As the user wrote them.
    Written(Vec<CheckedField<'a>>),
    /// The documents are of several kinds.
    Enum(Union),
    /// The documents have no fixed fields: `v.any()`.
    Untyped,
}

pub(crate) fn check<'a>(
    manifest: &'a Manifest,
    attribute: &Attribute,
    input: &'a Input,
) -> syn::Result<(Table<'a>, Option<syn::Error>)> {
    let (name, span) = table_name(manifest, attribute, input)?;
    let Some(table) = manifest.main.schema.table(&name) else {
        let mut message = unknown_table(manifest, &name);
        if attribute.table.is_none() {
            message += "; a struct of another name says `table = \"…\"`";
        }
        return Err(syn::Error::new(span, message));
    };
    let mut errors = Errors::default();
    let location = check_location(manifest, attribute, &table.table_name, &mut errors);
    let module = rust_names::of_table(manifest, &name, &input.ident.to_string());

    let mut types = Types::new(manifest, &table.document_type, location);
    report_table_differences(manifest, &name, attribute, input, &mut errors);

    let documents = Documents::of(&table.document_type);
    let body = match &input.form {
        Form::Whole => match documents {
            Documents::One(fields) => Body::Whole(types.members(fields, "")),
            Documents::Several(_) => types
                .document_enum(&table.document_type)
                .map_or(Body::Untyped, Body::Enum),
            Documents::Any => Body::Untyped,
        },
        Form::Written(written) => {
            let fields = match &documents {
                Documents::One(fields) => (*fields).clone(),
                Documents::Several(kinds) => common_fields(kinds),
                Documents::Any => Fields::default(),
            };
            let members = types.members(&fields, "");
            let context = fields::Context {
                table: &name,
                module: &module.shown,
                fields: &fields,
                documents: &documents,
                types: &types,
                partial: attribute.partial,
            };
            Body::Written(context.check(written, members, &input.ident, &mut errors))
        }
    };
    let written = attribute.module.as_ref();
    let asked = Asked {
        module: &written.map_or_else(|| name.clone(), syn::LitStr::value),
        written: written.map(syn::LitStr::span),
        table: Some((&name, location)),
        span: input.ident.span(),
        chosen: &attribute.chosen,
    };
    let functions = functions::gather(manifest, &asked, &mut types, &mut errors);
    let table = Table {
        name,
        location,
        attributes: &input.attributes,
        visibility: &input.visibility,
        ident: &input.ident,
        module,
        body,
        written: match &input.form {
            Form::Written(fields) => fields,
            Form::Whole => &[],
        },
        broken: !errors.is_empty(),
        types,
        functions,
    };
    Ok((table, errors.into_error()))
}

/// The table's name: as written, or the one that the struct is called after.
fn table_name(
    manifest: &Manifest,
    attribute: &Attribute,
    input: &Input,
) -> syn::Result<(String, Span)> {
    if let Some(table) = &attribute.table {
        return Ok((table.value(), table.span()));
    }
    let ident = input.ident.to_string();
    let named_after: Vec<&str> = manifest
        .main
        .schema
        .table_names()
        .filter(|table| names::pascal(table) == ident)
        .collect();
    let name = match named_after[..] {
        [] => lower_camel(&ident),
        [only] => only.to_owned(),
        [first, ..] => {
            return Err(syn::Error::new(
                input.ident.span(),
                format!(
                    "`{ident}` may stand for any of the tables {}: say which one with `table = \"{first}\"`",
                    some_of(named_after.into_iter())
                ),
            ));
        }
    };
    Ok((name, input.ident.span()))
}

fn lower_camel(ident: &str) -> String {
    let mut chars = ident.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Where the table lives, whatever was written.
fn check_location(
    manifest: &Manifest,
    attribute: &Attribute,
    table: &str,
    errors: &mut Errors,
) -> Location {
    let location = manifest.location(table).unwrap_or(Location::Main);
    if attribute.location.value != location {
        let message = match location {
            Location::User => format!(
                "byod.toml has `{table}` on the user's deployment (`tables` under [user]): write \
                 `location = \"user\"` here, or take it out there"
            ),
            Location::Main => format!(
                "byod.toml has `{table}` on main: write `location = \"main\"` here, or add it to \
                 `tables` under [user] there"
            ),
        };
        errors.push(attribute.location.span, message);
    }
    location
}

/// A difference is reported at the field that was written for it, or else at the
/// struct. Fields that a partial struct leaves out are not read.
fn report_table_differences(
    manifest: &Manifest,
    table: &str,
    attribute: &Attribute,
    input: &Input,
    errors: &mut Errors,
) {
    for difference in manifest.table_differences(table) {
        let is_of_reading = matches!(
            difference,
            Difference::FieldType { .. } | Difference::MissingField { .. }
        );
        let is_read = !attribute.partial || written_for(&difference, input).is_some();
        if is_read || !is_of_reading {
            errors.push(field_span(&difference, input), &difference);
        }
    }
}

fn field_span(difference: &Difference, input: &Input) -> Span {
    written_for(difference, input).map_or(input.ident.span(), |field| field.ident.span())
}

fn written_for<'i>(difference: &Difference, input: &'i Input) -> Option<&'i WrittenField> {
    let Form::Written(written) = &input.form else {
        return None;
    };
    let name = difference.field()?;
    let mut fields = written.iter();
    fields.find(|field| fields::is_about(field, name))
}
