use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub struct Prefrences;

#[byod_table(location = "main", table = "userPreference")]
pub struct Preferences;

#[byod_table(location = "main")]
pub struct Zebras;

fn main() {}
