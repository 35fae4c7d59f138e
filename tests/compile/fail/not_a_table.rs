use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub enum Users {}

#[byod_table(location = "user")]
pub struct Notes(String);

#[byod_table(location = "main")]
pub struct UserPreferences<T> {
    pub language: T,
}

fn main() {}
