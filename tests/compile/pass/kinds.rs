//! A table whose documents are of several kinds is an enum.

use byod_runtime::{Doc, byod_table};
use serde_json::{Value, json};

#[byod_table(location = "main")]
pub struct Events;

#[byod_table(location = "main")]
pub struct Figures;

#[byod_table(location = "main")]
pub struct Anything;

mod views {
    use byod_runtime::byod_table;

    /// What all events have.
    #[byod_table(location = "main", partial)]
    pub struct Events {
        pub kind: self::events::Kind,
        pub at: f64,
    }

    #[byod_table(location = "main", partial)]
    pub struct Figures {
        pub name: Option<String>,
    }
}

fn document<T: byod_runtime::Table>(fields: Value) -> Doc<T> {
    let mut json = json!({"_id": "e1", "_creationTime": 1.5});
    json.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let document: Doc<T> = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&document).unwrap(), json);
    document
}

#[test]
fn runs() {
    let opened = document::<Events>(json!({"kind": "opened", "at": 1}));
    assert_eq!((opened.id.as_str(), opened.creation_time), ("e1", 1.5));
    assert!(matches!(&*opened, Events::Opened(event) if event.at == 1.0));
    let renamed = document::<Events>(json!({"kind": "renamed", "at": 2, "title": "Hi"}));
    assert!(
        matches!(&renamed.fields, Events::Renamed(events::Renamed { title, .. }) if title == "Hi")
    );
    let newer = document::<Events>(json!({"kind": "moved", "to": {"$integer": "AAAAAAAAAAA="}}));
    assert!(matches!(newer.fields, Events::Unknown(_)));

    assert!(matches!(
        *document::<Figures>(json!({"name": "a", "radius": 1})),
        Figures::Object__name__radius(_)
    ));
    assert!(matches!(
        *document::<Figures>(json!({"width": 1, "height": 2})),
        Figures::Object__height__name__width(_)
    ));

    let view = serde_json::from_value::<Doc<views::Events>>(
        json!({"_id": "e1", "_creationTime": 1, "kind": "renamed", "at": 2, "title": "Hi"}),
    );
    let view = view.unwrap();
    assert_eq!((&view.kind, view.at), (&views::events::Kind::Renamed, 2.0));
    let view = serde_json::from_value::<Doc<views::Figures>>(
        json!({"_id": "e1", "_creationTime": 1, "width": 2}),
    );
    assert_eq!(view.unwrap().name, None);

    let any = document::<Anything>(json!({"a": [true]}));
    assert_eq!(
        any.fields.fields["a"],
        byod_runtime::Value::Array(vec![byod_runtime::Value::Boolean(true)])
    );
}
