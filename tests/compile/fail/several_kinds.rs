use byod_runtime::byod_table;

#[byod_table(location = "main")]
pub struct Events {
    pub at: f64,
}

#[byod_table(location = "main", partial)]
pub struct Figures {
    pub name: Option<String>,
    pub radius: f64,
    pub colour: String,
}

#[byod_table(location = "main")]
pub struct Anything {
    pub kind: String,
}

fn main() {}
