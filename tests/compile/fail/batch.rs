use byod_runtime::{Error, Session, byod_table};

#[byod_table(location = "user")]
pub struct Notes;

async fn a_mutation(session: &Session, new: notes::CreateArgs) -> Result<(), Error> {
    session.batch((notes::count(session), notes::create(session, new))).await?;
    Ok(())
}

fn a_paginated_query(session: &Session) {
    let _ = session.batch((notes::titles(session),));
}

fn too_many(session: &Session) {
    let count = || notes::count(session);
    let _ = session.batch((count(), count(), count(), count(), count(), count(), count(), count(), count()));
}

fn no_tuple(session: &Session) {
    let _ = session.batch(notes::count(session));
}

fn main() {}
