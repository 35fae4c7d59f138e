use byod_runtime::byod_table;

#[byod_table(location = "user")]
pub struct Notes;

pub fn arguments() -> notes::PublishArgs {
    notes::PublishArgs { title: "Hi".into(), ..Default::default() }
}

fn main() {}
