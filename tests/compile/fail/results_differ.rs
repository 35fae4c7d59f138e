use byod_runtime::byod_table;

#[byod_table(location = "user")]
pub struct Returned;

#[byod_table(location = "user")]
pub struct InternalOnMain;

fn main() {}
