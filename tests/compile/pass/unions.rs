//! Unions become enums: told apart by a literal, or as Convex does, by what fits.

use byod_runtime::{Doc, byod_table};
use serde_json::{Value, json};

#[byod_table(location = "main")]
pub struct Unions;

fn read(part: Value, size: Value, target: Value) -> Unions {
    read_with(json!({"part": part, "size": size, "target": target}))
}

/// The document with these fields; whatever was read is written back as it came,
/// known or not.
fn read_with(fields: Value) -> Unions {
    let mut json = json!({"part": {"kind": "divider"}, "size": null, "version": 2, "name": "none"});
    json.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let document: Unions = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&document).unwrap(), json);
    document
}

const ID: &str = "k57d8r2v6b1jw3a9q0m4n5p7s8tz2c3e";

#[test]
fn runs() {
    let int64 = json!({"$integer": "BwAAAAAAAAA="});
    let first = read(
        json!({"kind": "text", "body": "Hi"}),
        json!(3),
        json!({"a": "x", "b": int64}),
    );
    match &first.part {
        unions::Part::Text(text) => assert_eq!(text.body, "Hi"),
        other => panic!("{other:?}"),
    }
    assert_eq!(first.size, Some(unions::Size::Number(3.0)));
    // Both objects could be read; the one without a rest is meant.
    assert!(matches!(first.target, Some(unions::Target::Object__a__b(both)) if both.b == 7));
    assert_eq!((first.version, first.name.as_str()), (2.0, "none"));

    let second = read(json!({"kind": "divider"}), json!("auto"), json!({"a": "x"}));
    assert_eq!(second.part, unions::Part::Divider);
    assert_eq!(
        second.size,
        Some(unions::Size::Literal(unions::SizeLiteral::Auto))
    );
    assert!(matches!(second.target, Some(unions::Target::Object__a(_))));

    let image = json!({"kind": "image", "url": "u", "width": 2});
    let third = read(image, Value::Null, json!(ID));
    assert!(matches!(&third.part, unions::Part::Image(image) if image.width == Some(2.0)));
    assert_eq!(third.size, None);
    assert!(matches!(third.target, Some(unions::Target::UsersId(id)) if id.as_str() == ID));

    literals_of_other_types();
    members_that_look_alike();
    newer_values();

    let _: fn(&Doc<Unions>) -> &unions::Part = |document| &document.fields.part;
}

fn literals_of_other_types() {
    let done = read_with(json!({"outcome": {"ok": true, "value": "x"}, "release": {"major": 1}}));
    assert!(matches!(done.outcome, Some(unions::Outcome::True(done)) if done.value == "x"));
    assert_eq!(done.release, Some(unions::Release::Number1));

    let failed =
        json!({"outcome": {"ok": false, "error": "e"}, "release": {"major": -2, "lts": true}});
    let failed = read_with(failed);
    assert!(matches!(failed.outcome, Some(unions::Outcome::False(failed)) if failed.error == "e"));
    assert!(matches!(failed.release, Some(unions::Release::NumberMinus2(release)) if release.lts));
}

fn members_that_look_alike() {
    let by = |actor: &str| read_with(json!({"actor": actor})).actor.unwrap();
    assert_eq!(
        by("system"),
        unions::Actor::Literal(unions::ActorLiteral::System)
    );
    assert!(matches!(by(ID), unions::Actor::UsersId(_)));
    // No id, so a literal of a newer deployment.
    assert!(matches!(
        by("robot"),
        unions::Actor::Literal(unions::ActorLiteral::Unknown(_))
    ));

    // Of which table an id is doesn't show: it stays text.
    let _: Option<String> = read_with(json!({"subject": ID})).subject;

    let step = |at: &str, by: Value| {
        read_with(json!({"step": {"at": at, "by": by}}))
            .step
            .unwrap()
    };
    assert!(matches!(
        step("start", json!("x")),
        unions::Step::Object__at__start__by(_)
    ));
    // What has the same fields is told apart by what it is, not by which comes first.
    let (text, number) = (step("end", json!("x")), step("end", json!(1)));
    for end in [&text, &number] {
        let shown = format!("{end:?}");
        assert!(shown.starts_with("Object__at__end__by__"), "{shown}");
    }
    assert_ne!(
        std::mem::discriminant(&text),
        std::mem::discriminant(&number)
    );
}

/// A newer deployment may send what this build has no member for.
fn newer_values() {
    let newer = read(
        json!({"kind": "video", "seconds": 3}),
        json!(true),
        json!([1]),
    );
    assert!(matches!(newer.part, unions::Part::Unknown(_)));
    assert!(matches!(newer.size, Some(unions::Size::Unknown(_))));
    assert!(matches!(newer.target, Some(unions::Target::Unknown(_))));

    // A known kind with other fields than it had.
    let text = json!({"kind": "text", "markdown": "*Hi*"});
    let changed = read(text.clone(), Value::Null, Value::String(ID.into()));
    assert!(matches!(&changed.part, unions::Part::Unknown(part) if part.value().is_some()));

    // A known member with a field more: the member that knows the others.
    let json = json!({"part": {"kind": "divider"}, "size": null, "version": 2, "name": "none",
        "target": {"a": "x", "b": {"$integer": "BwAAAAAAAAA="}, "c": true}});
    let more: Unions = serde_json::from_value(json).unwrap();
    assert!(matches!(more.target, Some(unions::Target::Object__a__b(both)) if both.b == 7));

    let other = read_with(json!({
        "outcome": {"ok": "later"}, "release": {"major": 3}, "step": {"at": 1, "by": []}, "version": 7,
        "quotas": {"free": ["a", null, "b"], "team": []},
    }));
    assert!(matches!(other.outcome, Some(unions::Outcome::Unknown(_))));
    assert!(matches!(other.release, Some(unions::Release::Unknown(_))));
    assert!(matches!(other.step, Some(unions::Step::Unknown(_))));
    let quotas = other.quotas.unwrap();
    let newer = quotas.keys().find(|plan| plan.as_str() == "team").unwrap();
    assert!(matches!(newer, unions::QuotasKey::Unknown(_)));
    let free = &quotas[&unions::QuotasKey::Free];
    assert!(matches!(
        &free[..],
        [
            Some(unions::Quotas::A),
            None,
            Some(unions::Quotas::Unknown(_))
        ]
    ));
}
