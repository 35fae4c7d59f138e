//! A unit struct takes everything from the schema.

use std::collections::BTreeMap;

use byod_runtime::{Doc, Id, Session, Value, byod_table};

#[byod_table(location = "main")]
pub struct Users;

#[byod_table(location = "main")]
pub struct UserPreferences;

#[byod_table(location = "user")]
pub struct Notes;

#[byod_table(location = "main")]
pub struct Anything {}

pub fn fields(preferences: Doc<UserPreferences>) {
    let _: Id<Users> = preferences.fields.user_id.clone();
    let _: &String = &preferences.language;
    let _: Option<String> = preferences.theme.clone();
    let _: f64 = preferences.volume;
    let _: i64 = preferences.visits;
    let _: bool = preferences.muted;
    let _: Vec<String> = preferences.tags.clone();
    let _: Option<String> = preferences.nickname.clone();
    let _: Option<Vec<u8>> = preferences.avatar.clone();
    let _: BTreeMap<String, i64> = preferences.counters.clone();
    let _: Option<Value> = preferences.anything.clone();
    let user_preferences::Layout { columns, dense } = preferences.layout.clone();
    let _: (f64, Option<bool>) = (columns, dense);
    match &preferences.plan {
        user_preferences::Plan::Free | user_preferences::Plan::Pro2026 => {}
        user_preferences::Plan::Unknown(newer) => println!("{newer}"),
    }
}

pub async fn functions(session: &Session) -> Result<(), byod_runtime::Error> {
    let _: Vec<Doc<Notes>> = notes::list(session, notes::ListArgs::default()).await?;
    let id: Id<Notes> = notes::create(session, notes::CreateArgs { title: "Hi".into() }).await?;
    let _: Option<Doc<Notes>> = notes::get(session, notes::GetArgs { id }).await?;
    let _: f64 = notes::count(session).await?;
    let _: serde_json::Value =
        notes::search(session, notes::SearchArgs { text: "".into() }).await?;
    let notes::SummaryResult { total, latest } = notes::summary(session).await?;
    let _: (i64, Option<Id<Notes>>) = (total, latest);
    let _: serde_json::Value = users::update(session, serde_json::json!({ "name": "A" })).await?;
    Ok(())
}

#[test]
fn runs() {
    // An owner is an id on main and the subject on the user's deployment: text.
    let note = Notes {
        user_id: "subject".into(),
        title: "Hi".into(),
        body: None,
    };
    assert_eq!(
        serde_json::to_value(&note).unwrap(),
        serde_json::json!({"userId": "subject", "title": "Hi"})
    );

    // What a newer deployment has more is no reason not to read.
    let json = r#"{"_id": "k1", "_creationTime": 1.5, "userId": "u", "title": "Hi", "newer": {"$integer": "AAAAAAAAAAA="}}"#;
    let doc: Doc<Notes> = serde_json::from_str(json).unwrap();
    assert_eq!(
        (doc.id.as_str(), doc.creation_time, doc.title.as_str()),
        ("k1", 1.5, "Hi")
    );

    let missing =
        serde_json::from_str::<Doc<Notes>>(r#"{"_id": "k1", "_creationTime": 1, "userId": "u"}"#);
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("missing field `title`")
    );
}
