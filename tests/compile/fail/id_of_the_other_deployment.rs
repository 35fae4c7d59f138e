use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub struct Shares;

#[byod_table(location = "user")]
pub struct Drafts {
    pub owner_id: String,
}

#[byod_table(location = "main")]
pub struct ShareLinks;

fn main() {}
