//! Fields that hold an id or something else: what each member of a union is told by.

use byod_local::Manifest;
use serde_json::{Value as Json, json};

use super::{AT_ONCE, World};

/// Notes have such a field more, which says that on main and on the users' side.
fn with(manifest: &mut Manifest, field: &str, on_main: &Json, there: &Json) {
    let user = manifest.user.as_mut().unwrap();
    for (project, members) in [(&mut manifest.main, on_main), (user, there)] {
        let mut tables = project.schema.tables.iter_mut();
        let notes = tables.find(|table| table.table_name == "notes").unwrap();
        let mut takes = serde_json::to_value(&notes.document_type).unwrap();
        takes["value"][field] = json!({
            "fieldType": {"type": "union", "value": members}, "optional": true,
        });
        notes.document_type = serde_json::from_value(takes).unwrap();
    }
}

#[tokio::test]
async fn an_id_is_one_of_what_moves_before_it_is_a_text() {
    let (text, id) = (
        json!({"type": "string"}),
        json!({"type": "id", "tableName": "projects"}),
    );
    let of = |item: &Json| json!({"type": "array", "value": item});
    let is = |item: &Json| {
        let field = json!({"fieldType": item, "optional": false});
        json!({"type": "object", "value": {"is": field}})
    };
    let account = json!({"type": "id", "tableName": "users"});
    let world = World::of(|manifest| {
        let both = |first, second| json!([first, second]);
        for (field, members) in [
            ("either", both(text.clone(), id.clone())),
            ("each", both(of(&text), of(&id))),
            ("inside", both(is(&text), is(&id))),
        ] {
            with(manifest, field, &members, &members);
        }
        let whose = [&account, &text].map(|account| both(account.clone(), id.clone()));
        with(manifest, "whose", &whose[0], &whose[1]);
    })
    .await;
    world.fill(&world.alice, "hers", 1);
    let projects = |deployment: &byod_local::LocalDeployment| {
        let project = deployment.documents("projects").remove(0);
        project.id().unwrap().to_owned()
    };
    let here = projects(&world.main);
    let put = |title: &str, says: [Json; 4]| {
        let [either, whose, each, inside] = says;
        let note = json!({
            "userId": world.alice, "title": title, "content": "", "createdAt": 7.0, "updatedAt": 7.0,
            "either": either, "whose": whose, "each": each, "inside": inside,
        });
        world.main.insert("notes", note).unwrap();
    };
    let says = |value: &str, whose: &str| {
        [
            json!(value),
            json!(whose),
            json!([value, value]),
            json!({"is": value}),
        ]
    };
    put("ids", says(&here, &here));
    put("texts", says("a text", &world.alice));

    let moved = world.byod.move_in(&*world.alice, "alice").keep(AT_ONCE);
    let moved = moved.await.unwrap();
    assert_eq!((moved.left, moved.notes), (vec![], vec![]));
    let there = projects(&world.own);
    assert_ne!(here, there);
    for (title, says) in [
        ("ids", says(&there, &there)),
        ("texts", says("a text", "alice")),
    ] {
        let notes = world.own.documents("notes");
        let note = notes.iter().find(|note| note.str("title") == Some(title));
        let note = serde_json::to_value(note.unwrap()).unwrap();
        let found = ["either", "whose", "each", "inside"].map(|field| note[field].clone());
        assert_eq!(found, says, "{title}");
    }
}
