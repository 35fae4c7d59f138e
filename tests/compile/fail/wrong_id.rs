use byod_runtime::{Id, byod_table};

#[byod_table(location = "user")]
pub struct Notes;

#[byod_table(location = "main", partial)]
pub struct UserPreferences {
    pub user_id: Id<Notes>,
}

fn main() {}
