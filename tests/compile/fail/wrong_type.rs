use byod_runtime::{Id, byod_table};

#[byod_table(location = "user")]
pub struct Notes {
    pub user_id: Id<Users>,
    pub title: u32,
    pub body: Option<Vec<String>>,
}

#[byod_table(location = "main")]
pub struct Users {
    pub name: Option<String>,
}

#[byod_table(location = "main", partial)]
pub struct UserPreferences {
    pub volume: u8,
    pub visits: f64,
    pub muted: String,
    pub tags: Vec<i64>,
    pub nickname: String,
    pub counters: String,
    pub layout: bool,
    pub theme: String,
}

fn main() {}
