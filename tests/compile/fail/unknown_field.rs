use byod_runtime::byod_table;

#[byod_table(location = "user", partial)]
pub struct Notes {
    pub titel: String,
    pub colour: String,
    pub id: String,
    #[byod(rename = "user_id")]
    pub owner: String,
}

fn main() {}
