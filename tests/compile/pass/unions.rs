//! Unions become enums: told apart by a literal, or by trying in order.

use byod_runtime::{Doc, byod_table};
use serde_json::{Value, json};

#[byod_table(location = "main")]
pub struct Unions;

fn read(part: Value, size: Value, target: Value) -> Unions {
    let json = json!({
        "part": part, "size": size, "target": target, "version": 2, "name": "none",
    });
    let document: Unions = serde_json::from_value(json.clone()).unwrap();
    // Whatever was read is written back as it came, known or not.
    assert_eq!(serde_json::to_value(&document).unwrap(), json);
    document
}

fn main() {
    let int64 = json!({"$integer": "BwAAAAAAAAA="});
    let first = read(json!({"kind": "text", "body": "Hi"}), json!(3), json!({"a": "x", "b": int64}));
    match &first.part {
        unions::Part::Text(text) => assert_eq!(text.body, "Hi"),
        other => panic!("{other:?}"),
    }
    assert_eq!(first.size, Some(unions::Size::Number(3.0)));
    // Both objects could be read; the one without a rest is meant.
    assert!(matches!(first.target, Some(unions::Target::Object2(both)) if both.b == 7));
    assert_eq!((first.version, first.name.as_str()), (2.0, "none"));

    let second = read(json!({"kind": "divider"}), json!("auto"), json!({"a": "x"}));
    assert_eq!(second.part, unions::Part::Divider);
    assert_eq!(second.size, Some(unions::Size::Literal(unions::SizeLiteral::Auto)));
    assert!(matches!(second.target, Some(unions::Target::Object(_))));

    let image = json!({"kind": "image", "url": "u", "width": 2});
    let third = read(image, Value::Null, json!("k57"));
    assert!(matches!(&third.part, unions::Part::Image(image) if image.width == Some(2.0)));
    assert_eq!(third.size, None);
    assert!(matches!(third.target, Some(unions::Target::UsersId(id)) if id.as_str() == "k57"));

    // A newer deployment may send what this build has no member for.
    let newer = read(json!({"kind": "video", "seconds": 3}), json!(true), json!([1]));
    assert!(matches!(newer.part, unions::Part::Unknown(_)));
    assert!(matches!(newer.size, Some(unions::Size::Unknown(_))));
    assert!(matches!(newer.target, Some(unions::Target::Unknown(_))));

    let _: fn(&Doc<Unions>) -> &unions::Part = |document| &document.fields.part;
}
