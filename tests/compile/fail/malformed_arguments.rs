//! Arguments of the attribute that are known, but written in another way.

use byod_runtime::byod_table;

#[byod_table(location = "user", skip)]
pub struct Notes;

#[byod_table(location = "user", skip = "archive")]
pub struct Drafts;

#[byod_table(location = "user", skip("archive"))]
pub struct Folders;

#[byod_table(location = "user", returns = String)]
pub struct Labels;

#[byod_table(location = "main", returns(list))]
pub struct Users;

#[byod_table(location = "main", returns(list = String, list = u8))]
pub struct UserPreferences;

#[byod_table(location = "main", partial = true)]
pub struct OddNames;

#[byod_table(location = "main" partial)]
pub struct Unions;

fn main() {}
