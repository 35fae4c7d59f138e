use byod_runtime::{Id, Session, byod_table};

#[byod_table(location = "user")]
pub struct Notes;

#[byod_table(location = "main")]
pub struct Users;

pub fn call(session: &Session, user: Id<Users>) {
    let _ = notes::get(session, notes::GetArgs { id: user });
}

fn main() {}
