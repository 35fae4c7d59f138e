//! The shape of a table's documents: mostly one object, sometimes one of several.

use byod_schema::{Field, Fields, Validator};

/// What the documents of a table look like.
pub(crate) enum Documents<'s> {
    /// Objects with these fields.
    One(&'s Fields),
    /// Objects of several kinds, each with fields of its own.
    Several(Vec<&'s Fields>),
    /// Anything: `v.any()`.
    Any,
}

impl<'s> Documents<'s> {
    pub(crate) fn of(document: &'s Validator) -> Self {
        let mut members = Vec::new();
        flatten(document, &mut members);
        let objects: Option<Vec<&Fields>> = members.into_iter().map(Validator::as_object).collect();
        match objects.as_deref() {
            Some([fields]) => Self::One(fields),
            Some([_, ..]) => Self::Several(objects.unwrap_or_default()),
            _ => Self::Any,
        }
    }

    /// Whether `members` are these documents with their system fields, each kind
    /// in its place.
    pub(crate) fn are(&self, members: &[&Validator]) -> bool {
        let kinds: &[&Fields] = match self {
            Self::One(fields) => &[fields],
            Self::Several(kinds) => kinds,
            Self::Any => return false,
        };
        kinds.len() == members.len()
            && kinds.iter().zip(members).all(|(kind, member)| {
                member
                    .as_object()
                    .is_some_and(|fields| is_document(kind, fields))
            })
    }
}

fn is_document(kind: &Fields, fields: &Fields) -> bool {
    fields.get("_id").is_some()
        && fields.get("_creationTime").is_some()
        && fields.len() == kind.len() + 2
        && kind
            .iter()
            .all(|(name, field)| fields.get(name) == Some(field))
}

/// The fields that all kinds have; one that is of different types is a union.
pub(crate) fn common_fields(kinds: &[&Fields]) -> Fields {
    let Some((first, others)) = kinds.split_first() else {
        return Fields::default();
    };
    let common = first.iter().filter_map(|(name, field)| {
        let mut types = vec![field.field_type.clone()];
        let mut optional = field.optional;
        for kind in others {
            let other = kind.get(name)?;
            optional |= other.optional;
            if !types.contains(&other.field_type) {
                types.push(other.field_type.clone());
            }
        }
        let field_type = match <[Validator; 1]>::try_from(types) {
            Ok([only]) => only,
            Err(value) => Validator::Union { value },
        };
        Some((
            name,
            Field {
                field_type,
                optional,
            },
        ))
    });
    common.collect()
}

/// The members of a union, those of unions in it too; anything else is itself.
pub(crate) fn flatten<'v>(validator: &'v Validator, members: &mut Vec<&'v Validator>) {
    match validator {
        Validator::Union { value } => value.iter().for_each(|member| flatten(member, members)),
        other => members.push(other),
    }
}
