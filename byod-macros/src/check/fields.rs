//! Checks the fields that a user wrote against the schema.
//!
//! Types that are plainly wrong get a message of their own here; for all
//! others, aliases and newtypes among them, the compiler checks the trait
//! `Field` of the runtime.

use byod_schema::Fields;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;

use super::errors::{Errors, unknown_name};
use super::mismatch::mismatch;
use crate::names;
use crate::types::Documents;
use crate::types::{Member, Types};
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

/// The member that `field` was written for: the one whose name in Rust it is, or else
/// the one that is written so in the schema (`userId`). Not `user_id` of a schema that
/// has `userId` too: without that, `user_id` would be the other.
fn member_of<'m>(field: &WrittenField, members: &'m [Member]) -> Option<&'m Member> {
    let by_key = |key: &str| members.iter().find(|member| member.key == key);
    match &field.rename {
        Some(rename) => by_key(&rename.value()),
        None => members
            .iter()
            .find(|member| names::ident(&member.name) == field.ident)
            .or_else(|| {
                let written = field.ident.unraw().to_string();
                by_key(&written).filter(|_| names::snake(&written) != written)
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
                    let right = self.types.display(&member.ty, self.module);
                    if let Some(message) = mismatch(self.table, field, member, right) {
                        errors.push(field.ty.span(), message);
                    }
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
}
