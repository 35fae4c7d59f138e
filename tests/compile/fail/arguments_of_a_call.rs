use byod_runtime::{Session, byod_table};

#[byod_table(location = "user")]
pub struct Notes;

pub fn call(session: &Session) {
    let _ = notes::create(session, notes::CreateArgs { titel: "Hi".into() });
    let _ = notes::lst(session, notes::ListArgs::default());
}

fn main() {}
