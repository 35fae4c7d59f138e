use byod_runtime::byod_table;

#[byod_table(location = "user", partial)]
pub struct Notes {
    pub title: String,
    #[byod(rename = "title")]
    pub heading: String,
}

fn main() {}
