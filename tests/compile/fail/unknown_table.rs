use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub struct Prefrences;

#[byod_table(location = "main", table = "userPreference")]
pub struct Preferences;

#[byod_table(location = "main")]
pub struct Zebras;

// Nothing is reported where such a struct is only mentioned.
pub fn one(_: byod_runtime::Id<Zebras>, _: Vec<byod_runtime::Id<Prefrences>>) {}

fn main() {}
