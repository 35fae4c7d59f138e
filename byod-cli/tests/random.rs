//! For any schema: the export is the same every time, reads back, and has main's
//! validators and indexes, ids of main's tables apart.

use std::fmt::Write as _;

use crate::support::Project;
use byod_build::{Limits, read_project};
use byod_schema::{Field, Validator};
use proptest::prelude::*;

/// A validator as a person would write it.
fn validator() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("v.string()".to_owned()),
        Just("v.number()".to_owned()),
        Just("v.int64()".to_owned()),
        Just("v.boolean()".to_owned()),
        Just("v.null()".to_owned()),
        Just("v.bytes()".to_owned()),
        Just("v.any()".to_owned()),
        Just("v.id(\"users\")".to_owned()),
        Just("v.id(\"notes\")".to_owned()),
        Just("v.id(\"_storage\")".to_owned()),
        "[ -~]{0,12}".prop_map(|text| format!("v.literal({text:?})")),
        (-1000i64..1000).prop_map(|n| format!("v.literal({}.5)", n)),
        (-1000i64..1000).prop_map(|n| format!("v.literal({n}n)")),
    ];
    leaf.prop_recursive(3, 16, 4, |below| {
        prop_oneof![
            below.clone().prop_map(|v| format!("v.array({v})")),
            below
                .clone()
                .prop_map(|v| format!("v.record(v.string(), {v})")),
            prop::collection::vec(below.clone(), 0..4)
                .prop_map(|members| format!("v.union({})", members.join(", "))),
            fields(below).prop_map(|fields| format!("v.object({{ {fields} }})")),
        ]
    })
}

fn fields(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let field = ("[a-z][a-zA-Z0-9_]{0,9}", any::<bool>(), value);
    prop::collection::vec(field, 0..5).prop_map(|fields| {
        let mut seen = std::collections::BTreeSet::new();
        let mut text = String::new();
        for (name, optional, value) in fields {
            if name != "userId" && seen.insert(name.clone()) {
                let value = if optional {
                    format!("v.optional({value})")
                } else {
                    value
                };
                let _ = write!(text, "{name}: {value}, ");
            }
        }
        text
    })
}

fn without_users(validator: &Validator) -> Validator {
    let field = |field: &Field| Field {
        field_type: without_users(&field.field_type),
        optional: field.optional,
    };
    match validator {
        Validator::Id { table_name } if table_name == "users" => Validator::String,
        Validator::Array { value } => Validator::Array {
            value: Box::new(without_users(value)),
        },
        Validator::Record { keys, values } => Validator::Record {
            keys: Box::new(without_users(keys)),
            values: Box::new(field(values)),
        },
        Validator::Object { value } => Validator::Object {
            value: value.iter().map(|(name, f)| (name, field(f))).collect(),
        },
        Validator::Union { value } => Validator::Union {
            value: value.iter().map(without_users).collect(),
        },
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_schema_keeps_everything_but_mains_ids(
        tables in prop::collection::vec((fields(validator()), any::<bool>(), any::<bool>()), 1..4),
        validated in any::<bool>(),
    ) {
        let project = Project::empty();
        let mut schema = String::from(
            "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\n\
             export default defineSchema({\n  users: defineTable({ name: v.string() }),\n  notes: defineTable(v.any()),\n",
        );
        let mut names = vec!["\"notes\"".to_owned()];
        for (i, (fields, staged, search)) in tables.iter().enumerate() {
            let _ = write!(schema, "  t{i}: defineTable({{ userId: v.id(\"users\"), text: v.string(), {fields} }})");
            let index = if *staged { "{ fields: [\"userId\", \"text\"], staged: true }" } else { "[\"userId\"]" };
            let _ = write!(schema, ".index(\"by_user\", {index})");
            if *search {
                let _ = write!(
                    schema,
                    ".searchIndex(\"search\", {{ searchField: \"text\", filterFields: [\"userId\"], staged: {staged} }})\
                     .vectorIndex(\"vector\", {{ vectorField: \"text\", dimensions: 8 }})"
                );
            }
            schema.push_str(",\n");
            names.push(format!("\"t{i}\""));
        }
        let _ = writeln!(schema, "}}, {{ schemaValidation: {validated} }});");
        // `text` may come twice: the later one counts, as in JavaScript.
        project.write("convex/schema.ts", &schema).write("byod.toml", &format!(
            "main.convex = \"convex\"\n[user]\nconvex = \"theirs\"\ntables = [{}]\n[user.inject]\nuserId = \"subject\"\n",
            names.join(", ")
        ));
        let first = project.byod(&["export", "--json"]);
        prop_assert_eq!(first.status, 0, "{}{}", first.stdout, first.stderr);
        let again = project.export(&[]);
        prop_assert_eq!(again["written"].as_array().unwrap().len(), 0);

        let read = |folder: &str| read_project(&project.root.join(folder), &Limits::default()).unwrap().schema.value;
        let (main, user) = (read("convex"), read("theirs"));
        prop_assert_eq!(main.schema_validation, user.schema_validation);
        let mut expected = main.tables.into_iter().filter(|table| table.table_name != "users").collect::<Vec<_>>();
        for table in &mut expected {
            table.document_type = without_users(&table.document_type);
        }
        expected.push(byod_schema::claim_table());
        prop_assert_eq!(expected, user.tables);
    }
}
