//! Recognizes the shapes of Convex's pagination.

use byod_schema::{Field, Fields, Validator};

/// Whether `args` has `paginationOpts` as `paginationOptsValidator` declares it.
/// Its optional fields differ between versions of Convex.
pub(crate) fn takes_pages(args: &Fields) -> bool {
    let Some(Field {
        field_type: Validator::Object { value: options },
        optional: false,
    }) = args.get("paginationOpts")
    else {
        return false;
    };
    let required = |name: &str, validator: &Validator| {
        options.get(name) == Some(&Field::required(validator.clone()))
    };
    // Where it is written out by hand, null may come first.
    let cursor = |value: [Validator; 2]| {
        let value = value.into();
        required("cursor", &Validator::Union { value })
    };
    required("numItems", &Validator::Number)
        && (cursor([Validator::String, Validator::Null])
            || cursor([Validator::Null, Validator::String]))
        && options
            .iter()
            .all(|(name, field)| field.optional || name == "numItems" || name == "cursor")
}

/// `args` without `paginationOpts`, which the call itself fills in.
pub(crate) fn other_arguments(args: &Fields) -> Fields {
    args.iter()
        .filter(|(name, _)| *name != "paginationOpts")
        .map(|(name, field)| (name, field.clone()))
        .collect()
}

/// The items' validator, if `fields` are those of Convex's pagination result.
pub(crate) fn page_items(fields: &Fields) -> Option<&Validator> {
    let required = |name: &str| fields.get(name).filter(|field| !field.optional);
    let known = fields.iter().all(|(name, field)| match name {
        "page" | "isDone" | "continueCursor" => !field.optional,
        "splitCursor" | "pageStatus" => true,
        _ => false,
    });
    let (done, cursor) = (required("isDone")?, required("continueCursor")?);
    match &required("page")?.field_type {
        Validator::Array { value }
            if known
                && done.field_type == Validator::Boolean
                && cursor.field_type == Validator::String =>
        {
            Some(value)
        }
        _ => None,
    }
}

/// The type in `Page<…>`, if that is what was written.
pub(crate) fn written_items(ty: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) if last.ident == "Page" => {
            match arguments.args.first()? {
                syn::GenericArgument::Type(items) if arguments.args.len() == 1 => Some(items),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_any_version_and_written_by_hand() {
        let takes = |cursor: &str, more: &str| {
            let json = format!(
                r#"{{"type": "object", "value": {{"paginationOpts": {{"optional": false, "fieldType": {{"type": "object", "value": {{
                    "numItems": {{"optional": false, "fieldType": {{"type": "number"}}}},
                    "cursor": {{"optional": false, "fieldType": {{"type": "union", "value": {cursor}}}}}{more}
                }}}}}}}}}}"#
            );
            let args: Validator = serde_json::from_str(&json).expect("it is a validator");
            args.as_object().is_some_and(takes_pages)
        };
        let id = r#", "id": {"optional": true, "fieldType": {"type": "number"}}"#;
        assert!(takes(r#"[{"type": "string"}, {"type": "null"}]"#, id));
        assert!(takes(r#"[{"type": "null"}, {"type": "string"}]"#, ""));
        assert!(!takes(r#"[{"type": "string"}]"#, ""));
        let required = r#", "id": {"optional": false, "fieldType": {"type": "number"}}"#;
        assert!(!takes(
            r#"[{"type": "string"}, {"type": "null"}]"#,
            required
        ));
    }
}
