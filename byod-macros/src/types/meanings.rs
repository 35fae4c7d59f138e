//! What generated names stand for, before and after a schema gained members: none comes to
//! stand for something else.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{Field, Fields, Location, Manifest, Project, Schema, Validator, Value};
use proptest::prelude::*;

use super::{Body, Type, Types, Union};

/// A table's documents and the functions of its module, each with arguments.
#[derive(Clone, Debug)]
struct Module {
    document: Fields,
    functions: BTreeMap<String, Fields>,
}

fn manifest() -> Manifest {
    Manifest {
        format: Manifest::FORMAT,
        main: Project {
            convex: String::new(),
            schema: Schema {
                tables: Vec::new(),
                schema_validation: true,
                other: BTreeMap::new(),
            },
            functions: BTreeMap::new(),
            warnings: Vec::new(),
            schema_version: None,
        },
        user: None,
        user_tables: BTreeSet::new(),
        inject: BTreeMap::new(),
        ownership: Default::default(),
        mirror: Default::default(),
        moves: None,
        stated: Default::default(),
        placements: None,
    }
}

/// By name, the places whose values have it: types, and the variants of enums.
fn meanings(module: &Module) -> BTreeMap<String, BTreeSet<String>> {
    let manifest = manifest();
    let document = Validator::Object {
        value: module.document.clone(),
    };
    let mut types = Types::new(&manifest, &document, Location::Main);
    let mut roots: Vec<(String, Type)> = Vec::new();
    for member in types.members(&module.document, "") {
        roots.push((format!("document.{}", member.key), member.ty));
    }
    let names: Vec<&str> = module.functions.keys().map(String::as_str).collect();
    let prefixes = crate::names::Scope::default().take_all(&names, crate::names::pascal);
    let mut arguments = Vec::new();
    for ((name, fields), prefix) in module.functions.iter().zip(prefixes) {
        let ident = crate::names::ident(&types.take_name(format!("{prefix}Args")));
        types.ask_for_arguments(&format!("{}Args", crate::names::pascal(name)), &prefix);
        arguments.push((format!("{name}()"), ident));
        for member in types.members(fields, &crate::names::pascal(name)) {
            roots.push((format!("{name}.{}", member.key), member.ty));
        }
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (place, ident) in arguments {
        let name = types.beside_types(&ident).to_string();
        found.entry(name).or_default().insert(place);
    }
    for (place, ty) in &roots {
        note(&types, place, ty, &mut found);
    }
    found
}

/// The places where a name is found.
type Found = BTreeMap<String, BTreeSet<String>>;

fn add(found: &mut Found, name: &str, place: String) {
    found.entry(name.to_owned()).or_default().insert(place);
}

fn note(types: &Types<'_>, place: &str, ty: &Type, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let index = match ty {
        Type::Array(of) | Type::Nullable(of) | Type::Page(of) => {
            return note(types, &format!("{place}[]"), of, found);
        }
        Type::Object(index) | Type::OneOf(index) | Type::Union(index) => *index,
        _ => return,
    };
    let name = types.name(index);
    add(found, &name, place.to_owned());
    match &types.definitions[index].body {
        Body::Struct(members) => {
            for member in members {
                add(
                    found,
                    &format!("{name}.{}", member.name),
                    format!("{place}.{}", member.key),
                );
            }
            for member in members {
                note(types, &format!("{place}.{}", member.key), &member.ty, found);
            }
        }
        Body::Enum { variants, .. } => {
            for variant in variants {
                add(
                    found,
                    &format!("{name}::{}", variant.name),
                    format!("{place}={:?}", variant.text),
                );
            }
        }
        Body::Union(Union::Tagged(tagged)) => {
            for variant in &tagged.variants {
                let held = format!("{place}|{:?}", variant.literal);
                add(found, &format!("{name}::{}", variant.name), held.clone());
                if let Some(fields) = variant.fields {
                    note(types, &held, &Type::Object(fields), found);
                }
            }
        }
        Body::Union(Union::Untagged(untagged)) => {
            for variant in &untagged.variants {
                let of_kind = |validator: &Validator| matches!(validator, Validator::Object { .. });
                let objects = variant.validators.iter().filter(|v| of_kind(v));
                for validator in objects {
                    add(
                        found,
                        &format!("{name}::{}", variant.name),
                        format!("{place}|{validator}"),
                    );
                }
            }
            for variant in &untagged.variants {
                // All literals are of one variant, whichever comes first.
                let held = match &variant.ty {
                    Type::OneOf(_) => format!("{place}|literals"),
                    _ => format!("{place}|{}", variant.validators[0]),
                };
                note(types, &held, &variant.ty, found);
            }
        }
    }
}

/// Names that come out alike, also where they are put together: `a` and `bC`, `aB` and `c`.
fn field_name() -> impl Strategy<Value = String> {
    let names = [
        "a",
        "b",
        "c",
        "aB",
        "a_b",
        "bC",
        "abC",
        "ABc",
        "args",
        "bArgs",
        "createArgs",
        "object",
        "kind",
        "literal",
        "builder",
    ];
    prop::sample::select(names.to_vec()).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = Validator> {
    let texts = prop::sample::select(vec!["x", "X", "x-y", "xY", "unknown", "a"]);
    texts.prop_map(|text| Validator::Literal {
        value: Value::String(text.to_owned()),
    })
}

fn validator() -> impl Strategy<Value = Validator> {
    let leaf = prop_oneof![
        Just(Validator::String),
        Just(Validator::Number),
        Just(Validator::Boolean),
        text(),
        prop::collection::vec(text(), 2..4).prop_map(|value| Validator::Union { value }),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            3 => fields(inner.clone()).prop_map(|value| Validator::Object { value }),
            1 => inner.clone().prop_map(|value| Validator::Array { value: Box::new(value) }),
            1 => prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|value| Validator::Union { value }),
            1 => prop::collection::vec(fields(inner), 2..4).prop_map(|objects| Validator::Union {
                value: objects.into_iter().map(|value| Validator::Object { value }).collect(),
            }),
        ]
    })
}

fn fields(of: impl Strategy<Value = Validator>) -> impl Strategy<Value = Fields> {
    let field = (of, any::<bool>()).prop_map(|(field_type, optional)| Field {
        field_type,
        optional,
    });
    prop::collection::btree_map(field_name(), field, 1..4)
        .prop_map(|fields| fields.into_iter().collect())
}

fn module() -> impl Strategy<Value = Module> {
    let names = prop::sample::select(vec!["create", "a", "aB", "b", "object", "list_a", "listA"]);
    let function = names.prop_map(str::to_owned);
    let functions = prop::collection::btree_map(function, fields(validator()), 0..3);
    (fields(validator()), functions).prop_map(|(document, functions)| Module {
        document,
        functions,
    })
}

/// The fields of both; of a field that both have, the first, grown likewise inside. Those that
/// are new come first, where they would take names.
fn grown(fields: &Fields, more: &Fields) -> Fields {
    let new = more.iter().filter(|(name, _)| fields.get(name).is_none());
    let new = new.map(|(name, field)| (name.to_owned(), field.clone()));
    let old = fields.iter().map(|(name, field)| {
        let mut field = field.clone();
        if let (Validator::Object { value }, Some(more)) = (&field.field_type, more.get(name))
            && let Validator::Object { value: more } = &more.field_type
        {
            field.field_type = Validator::Object {
                value: grown(value, more),
            };
        } else if let (Validator::Union { value }, Some(more)) = (&field.field_type, more.get(name))
            && let Validator::Union { value: more } = &more.field_type
        {
            let new = more.iter().filter(|member| !value.contains(member));
            field.field_type = Validator::Union {
                value: new.chain(value).cloned().collect(),
            };
        }
        (name.to_owned(), field)
    });
    new.chain(old).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_schema_that_gains_members_gives_no_name_another_meaning(
        module in module(),
        more in module(),
    ) {
        let mut functions = more.functions.clone();
        for (name, fields) in &module.functions {
            let more = more.functions.get(name).cloned().unwrap_or_default();
            functions.insert(name.clone(), grown(fields, &more));
        }
        let later = Module {
            document: grown(&module.document, &more.document),
            functions,
        };
        let (before, after) = (meanings(&module), meanings(&later));
        for (name, meant) in &before {
            let Some(means) = after.get(name) else { continue };
            prop_assert!(
                !meant.is_disjoint(means),
                "{name} meant {meant:?} and means {means:?}\n{module:#?}\n{later:#?}"
            );
        }
    }
}
