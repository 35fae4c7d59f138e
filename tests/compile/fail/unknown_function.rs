use byod_runtime::byod_table;

#[byod_table(location = "user", skip(serch), returns(lst = String))]
pub struct Notes;

fn main() {}
