//! The example's schemas, where they say something else.

use byod_examples::MANIFEST;
use byod_local::{Manifest, Moves};
use serde_json::{Map, Value as Json, json};

/// The manifest with that change, and with moves.
pub(crate) fn changed(change: impl FnOnce(&mut Json)) -> Manifest {
    let mut manifest: Json = serde_json::from_str(MANIFEST).unwrap();
    tells_of_moves(&mut manifest);
    change(&mut manifest);
    let mut manifest = byod_local::read_manifest(&manifest.to_string()).unwrap();
    let created_at = Some("createdAt".to_owned());
    manifest.moves = Some(Moves { created_at });
    manifest
}

/// Main's users may be told how far a move is, as `byod export --main` writes it with `[user.move]`.
fn tells_of_moves(manifest: &mut Json) {
    let required = |kind: &str| json!({"fieldType": {"type": kind}, "optional": false});
    let literal = |value: &str| json!({"type": "literal", "value": value});
    let one_of = |members: [Json; 2]| json!({"fieldType": {"type": "union", "value": members}, "optional": false});
    let moving = json!({"type": "object", "value": {
        "direction": one_of([literal("in"), literal("out")]),
        "phase": required("string"),
        "frozen": required("boolean"),
        "table": one_of([json!({"type": "string"}), json!({"type": "null"})]),
        "done": required("number"),
        "total": required("number"),
    }});
    let returns = &mut manifest["main"]["functions"]["byod/credentials:getConfig"]["returns"];
    returns["value"][0]["value"]["moving"] = json!({"fieldType": moving, "optional": true});
}

/// A table as it is on `main`, or on the deployment of a `user`.
pub(super) fn table<'m>(manifest: &'m mut Json, side: &str, name: &str) -> &'m mut Json {
    let tables = manifest[side]["schema"]["tables"].as_array_mut();
    let mut tables = tables.unwrap().iter_mut();
    tables.find(|table| table["tableName"] == name).unwrap()
}

pub(super) fn fields<'m>(
    manifest: &'m mut Json,
    side: &str,
    name: &str,
) -> &'m mut Map<String, Json> {
    let fields = &mut table(manifest, side, name)["documentType"]["value"];
    fields.as_object_mut().unwrap()
}

/// Gives a table a field that may be left out, on both sides.
pub(super) fn add(manifest: &mut Json, table: &str, field: &str, takes: &Json) {
    for side in ["main", "user"] {
        let field_type = json!({"fieldType": takes, "optional": true});
        fields(manifest, side, table).insert(field.to_owned(), field_type);
    }
}

/// The validator of an id.
pub(super) fn id(table: &str) -> Json {
    json!({"type": "id", "tableName": table})
}
