//! What can be said about functions, and the macros without a struct.

use byod_runtime::{Doc, Location, Router, Session, TableInfo, byod_table, table, tables};

#[byod_table(location = "user", returns(search = Vec<Doc<Self>>, count = f64))]
pub struct Notes;

#[byod_table(location = "main", skip(create))]
pub struct ShareLinks;

#[byod_table(location = "user", skip(archive))]
pub struct OnlyOnMain;

#[byod_table(location = "user", skip(archive))]
pub struct OnlyOnUser;

pub async fn search(session: &Session) -> Result<Vec<Doc<Notes>>, byod_runtime::Error> {
    notes::search(session, notes::SearchArgs { text: "x".into() }).await
}

const NOTES: TableInfo = table!("notes");
static ROUTER: Router = Router::new(tables!());

#[test]
fn runs() {
    assert_eq!((NOTES.name, NOTES.location), ("notes", Location::User));
    assert!(ROUTER.is_user_table("notes") && ROUTER.is_main_table("users"));
    assert_eq!(tables!().len(), 32);
}
