//! Where two projects don't fit together, and where they do.

#![allow(clippy::unwrap_used, reason = "this is a test")]

use byod_schema::{Difference, FunctionPath, Injection, Location, Manifest};
use serde_json::{Value as Json, json};

fn text() -> Json {
    json!({"type": "string"})
}

fn number() -> Json {
    json!({"type": "number"})
}

fn id(table: &str) -> Json {
    json!({"type": "id", "tableName": table})
}

fn union(members: &[Json]) -> Json {
    json!({"type": "union", "value": members})
}

/// An object validator; a name that ends with `?` is optional.
fn object(fields: &[(&str, Json)]) -> Json {
    let fields: serde_json::Map<String, Json> = fields
        .iter()
        .map(|(name, field)| {
            let optional = name.ends_with('?');
            (
                name.trim_end_matches('?').to_owned(),
                json!({"fieldType": field, "optional": optional}),
            )
        })
        .collect();
    json!({"type": "object", "value": fields})
}

fn query(args: Json) -> Json {
    json!({"functionType": "Query", "visibility": {"kind": "public"}, "args": args, "returns": null})
}

fn project(notes: Json, list: Json) -> Json {
    json!({"convex": "convex", "warnings": [], "functions": {"notes:list": list}, "schema":
        {"schemaValidation": true, "tables": [
            {"tableName": "users", "documentType": {"type": "any"}},
            {"tableName": "notes", "documentType": notes}]}})
}

fn manifest(main: Json, user: Option<Json>) -> Manifest {
    serde_json::from_value(json!({
        "format": 1, "main": main, "user": user, "userTables": ["notes"],
        "inject": {"userId": "subject", "updatedAt": "now"}
    }))
    .unwrap()
}

/// The differences of the documents of `notes`, which are on the user's deployment.
fn documents(main: Json, user: Json) -> Vec<Difference> {
    let list = || query(object(&[]));
    manifest(project(main, list()), Some(project(user, list()))).table_differences("notes")
}

/// With `notes:list` as the two projects declare it.
fn with_functions(main: Json, user: Json) -> Manifest {
    let notes = || object(&[]);
    manifest(project(notes(), main), Some(project(notes(), user)))
}

fn functions(main: Json, user: Json) -> Vec<Difference> {
    with_functions(main, user).function_differences("notes", Location::User)
}

fn arguments(main: &[(&str, Json)], user: &[(&str, Json)]) -> Vec<Difference> {
    functions(query(object(main)), query(object(user)))
}

fn injected(manifest: &Manifest) -> Vec<(&str, Injection)> {
    manifest.injected(&FunctionPath::new("notes", "list"))
}

/// The one difference there is, as a message.
fn message(found: &[Difference]) -> String {
    match found {
        [one] => one.to_string(),
        found => panic!("one difference: {found:?}"),
    }
}

#[test]
fn an_owner_is_an_id_on_main_and_a_string_on_the_users_side() {
    let owner = object(&[("userId", id("users"))]);
    assert_eq!(documents(owner, object(&[("userId", text())])), []);

    let manifest = with_functions(query(object(&[])), query(object(&[("userId", text())])));
    assert_eq!(manifest.function_differences("notes", Location::User), []);
    assert_eq!(injected(&manifest), [("userId", Injection::Subject)]);
}

#[test]
fn an_id_of_main_means_nothing_on_the_users_side() {
    let owner = || object(&[("userId", id("users"))]);
    let found = documents(owner(), owner());
    assert!(matches!(&found[..], [Difference::ForeignId { field, .. }] if field == "userId"));

    let found = functions(query(object(&[])), query(owner()));
    assert!(
        matches!(
            &found[..],
            [
                Difference::ForeignArgument { .. },
                Difference::InjectedType { .. }
            ]
        ),
        "{found:?}"
    );
}

#[test]
fn the_same_validator_in_other_words_is_no_difference() {
    let words = [
        text(),
        union(&[text()]),
        union(&[text(), text()]),
        union(&[union(&[text()])]),
    ];
    for main in &words {
        for user in &words {
            let field = |v: &Json| object(&[("a", v.clone())]);
            assert_eq!(documents(field(main), field(user)), []);
            assert_eq!(
                arguments(&[("a", main.clone())], &[("a", user.clone())]),
                []
            );
        }
    }
}

#[test]
fn what_can_be_read_is_no_difference() {
    let either = object(&[("by", union(&[id("users"), text()]))]);
    assert_eq!(documents(either, object(&[("by", text())])), []);

    let plain = object(&[("at", object(&[("x", number())]))]);
    let more = object(&[("at", object(&[("x", number()), ("y?", number())]))]);
    assert_eq!(documents(plain, more), []);
}

#[test]
fn what_can_not_be_read_is_a_difference() {
    let a = || object(&[("a", text())]);
    let found = documents(a(), object(&[("a", union(&[text(), number()]))]));
    assert!(
        matches!(&found[..], [Difference::FieldType { .. }]),
        "{found:?}"
    );

    let found = documents(a(), object(&[("a?", text())]));
    assert!(
        matches!(
            &found[..],
            [Difference::MissingField { optional: true, .. }]
        ),
        "{found:?}"
    );
    let found = documents(a(), object(&[]));
    assert!(
        matches!(
            &found[..],
            [Difference::MissingField {
                optional: false,
                ..
            }]
        ),
        "{found:?}"
    );
    let found = documents(a(), union(&[a(), object(&[])]));
    assert!(
        matches!(&found[..], [Difference::DocumentType { .. }]),
        "{found:?}"
    );
}

#[test]
fn arguments_of_one_side_only_must_be_injected() {
    let found = arguments(&[], &[("other", text())]);
    assert!(message(&found).contains("[user.inject]"), "{found:?}");
    assert_eq!(arguments(&[], &[("other?", text())]), []);

    let found = arguments(&[("other", text())], &[]);
    let message = message(&found);
    assert!(message.contains("not in the user's project"), "{message}");
}

#[test]
fn the_users_function_takes_what_main_takes_or_more() {
    assert_eq!(arguments(&[("a", text())], &[("a?", text())]), []);
    assert_eq!(
        arguments(&[("a", text())], &[("a", union(&[number(), text()]))]),
        []
    );
    for (main, user) in [
        (("a?", text()), ("a", text())),
        (("a", union(&[number(), text()])), ("a", text())),
        (
            ("a", object(&[("x", text()), ("y?", text())])),
            ("a", object(&[("x", text())])),
        ),
    ] {
        let found = arguments(&[main], &[user]);
        assert!(
            matches!(&found[..], [Difference::ArgumentType { .. }]),
            "{found:?}"
        );
    }
}

#[test]
fn an_owner_that_both_take_is_the_subject_on_the_users_side() {
    let null = || json!({"type": "null"});
    for (name, main) in [
        ("userId", id("users")),
        ("userId", text()),
        ("userId?", text()),
        ("userId", json!({"type": "any"})),
        ("userId", union(&[id("users"), null()])),
    ] {
        let manifest = with_functions(
            query(object(&[(name, main.clone())])),
            query(object(&[("userId", text())])),
        );
        let found = manifest.function_differences("notes", Location::User);
        assert_eq!(found, [], "{main}");
        assert_eq!(injected(&manifest), [("userId", Injection::Subject)]);
    }
    // What can't name them is another argument of that name.
    let many = json!({"type": "array", "value": id("users")});
    for main in [number(), many, id("notes"), union(&[null(), number()])] {
        for user in [text(), json!({"type": "any"})] {
            let found = arguments(&[("userId", main.clone())], &[("userId", user)]);
            assert!(
                matches!(&found[..], [Difference::ArgumentType { .. }]),
                "{main}: {found:?}"
            );
        }
    }
}

#[test]
fn what_the_caller_knows_is_not_filled_in_but_for_who_calls() {
    // Of the names under [user.inject], those that both sides take as the same.
    let both = || query(object(&[("userId", text()), ("updatedAt", number())]));
    let manifest = with_functions(both(), both());
    assert_eq!(manifest.function_differences("notes", Location::User), []);
    assert_eq!(injected(&manifest), [("userId", Injection::Subject)]);
}

#[test]
fn an_id_of_main_that_is_nobodys_subject_arrives_as_a_string() {
    let many = |of: Json| json!({"type": "array", "value": of});
    for (main, user) in [(id("users"), text()), (many(id("users")), many(text()))] {
        let found = arguments(&[("sharedWith", main)], &[("sharedWith", user)]);
        assert_eq!(found, []);
    }
    let found = arguments(
        &[("sharedWith", id("users"))],
        &[("sharedWith", many(text()))],
    );
    assert!(message(&found).contains("make the two equal"));
}

#[test]
fn without_a_users_project_mains_function_stands_for_both() {
    let found = |args: &[(&str, Json)]| {
        let manifest = manifest(project(object(&[]), query(object(args))), None);
        let found = manifest.function_differences("notes", Location::User);
        let injected = injected(&manifest).into_iter();
        let injected: Vec<String> = injected.map(|(name, _)| name.to_owned()).collect();
        (found, injected)
    };
    let (differences, _) = found(&[("sharedWith", id("users"))]);
    let message = message(&differences);
    assert!(
        message.contains("`sharedWith` is v.id(\"users\"), a table of main"),
        "{message}"
    );
    let (differences, _) = found(&[("filter", object(&[("userId", id("users"))]))]);
    assert!(
        matches!(&differences[..], [Difference::ForeignArgument { .. }]),
        "{differences:?}"
    );

    // The owner's id is for main; the user's deployment gets the subject.
    let owner = ["userId".to_owned()].to_vec();
    assert_eq!(found(&[("userId", id("users"))]), (vec![], owner.clone()));
    assert_eq!(found(&[("id", id("notes"))]), (vec![], owner.clone()));
    assert_eq!(found(&[("userId", text())]), (vec![], owner));
}

#[test]
fn what_the_users_function_returns_must_be_readable() {
    let returning = |returns: Json| {
        let mut function = query(object(&[]));
        function["returns"] = returns;
        function
    };
    let found = |main: Json, user: Json| functions(returning(main), returning(user));

    assert_eq!(found(id("users"), text()), []);
    assert_eq!(
        found(
            object(&[("a", text())]),
            object(&[("a", text()), ("b?", text())])
        ),
        []
    );
    assert_eq!(found(Json::Null, text()), []);
    assert_eq!(found(text(), Json::Null), []);

    let message = message(&found(number(), text()));
    assert!(
        message.starts_with(
            "`notes:list` returns v.number() on main, but v.string() in the user's project"
        ) && message.contains("skip(list)"),
        "{message}"
    );
}

#[test]
fn a_function_that_is_internal_on_main_is_said_to_be() {
    let mut internal = query(object(&[]));
    internal["visibility"]["kind"] = "internal".into();
    let found = functions(internal.clone(), query(object(&[])));
    let message = message(&found);
    assert!(message.contains("internal on main"), "{message}");
    assert!(!message.contains("no such function"), "{message}");
    // The other way round is how the user's functions should be.
    assert_eq!(functions(query(object(&[])), internal), []);
}

#[test]
fn an_idempotency_key_is_an_optional_string_of_mutations() {
    let with_key = |kind: &str, key: &[(&str, Json)]| {
        let function = |args| {
            let mut function = query(object(args));
            function["functionType"] = kind.into();
            function
        };
        let mut manifest = with_functions(function(&[]), function(key));
        manifest.inject = [("once".to_owned(), Injection::IdempotencyKey)].into();
        let found = manifest.function_differences("notes", Location::User);
        let injected = !injected(&manifest).is_empty();
        (found, injected)
    };
    assert_eq!(with_key("Mutation", &[("once?", text())]), (vec![], true));
    assert_eq!(with_key("Mutation", &[]), (vec![], false));
    // Only a call that has a key sends one.
    for wrong in [[("once", text())], [("once?", number())]] {
        let (found, _) = with_key("Mutation", &wrong);
        let message = message(&found);
        assert!(
            message.ends_with("declare it as v.optional(v.string())"),
            "{message}"
        );
    }
    // What only reads needs none.
    assert_eq!(with_key("Query", &[("once?", text())]), (vec![], false));
    let (found, _) = with_key("Query", &[("once", text())]);
    assert!(
        matches!(&found[..], [Difference::MissingArgument { .. }]),
        "{found:?}"
    );
}
