use byod_runtime::byod_table;

#[byod_table(location = "user")]
pub struct Notes {
    pub body: Option<String>,
}

fn main() {}
