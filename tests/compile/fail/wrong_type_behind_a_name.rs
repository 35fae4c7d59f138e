use byod_runtime::byod_table;

pub struct Theme(String);
type Count = u32;

#[byod_table(location = "main", partial)]
pub struct UserPreferences {
    pub language: Theme,
    pub volume: Count,
    pub theme: Theme,
}

fn main() {}
