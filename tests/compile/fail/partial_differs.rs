use byod_runtime::byod_table;

#[byod_table(location = "user", partial)]
pub struct Labels {
    pub color: String,
}

fn main() {}
