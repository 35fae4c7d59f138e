use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub struct Notes;

#[byod_table(location = "user")]
pub struct Users;

fn main() {}
