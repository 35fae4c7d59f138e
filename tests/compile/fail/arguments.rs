use byod_runtime::byod_table;

#[byod_table]
pub struct Notes;

#[byod_table(location = "cloud")]
pub struct Users;

#[byod_table(location = "main", tabel = "users")]
pub struct Accounts;

#[byod_table(location = "user", module = "note")]
pub struct OnlyOnUser;

#[byod_table(location = "main", hidden)]
pub struct ShareLinks;

#[byod_table(location = "main", partial, partial)]
pub struct Shares;

#[byod_table(location = "main", table)]
pub struct Figures;

#[byod_table("main")]
pub struct Events;

fn main() {}
