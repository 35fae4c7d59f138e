//! Fields that a partial struct leaves out may differ between the projects.

use byod_runtime::byod_table;

#[byod_table(location = "user", partial)]
pub struct Folders {
    pub color: Option<String>,
}
