use byod_runtime::byod_table;

#[byod_table(location = "user", partial)]
pub struct Notes {
    #[byod(name = "body")]
    pub text: Option<String>,
}

fn main() {}
