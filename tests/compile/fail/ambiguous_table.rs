use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub struct TeamLogs;

fn main() {}
