use byod_runtime::byod_table;

#[byod_table]
pub struct Notes;

#[byod_table(location = "cloud")]
pub struct Users;

#[byod_table(location = "main", tabel = "users")]
pub struct Accounts;

#[byod_table(location = "user", module = "note")]
pub struct OnlyOnUser;

fn main() {}
