use byod_runtime::byod_table;

#[byod_table(location = "user")]
pub struct Folders;

#[byod_table(location = "user")]
pub struct Labels;

#[byod_table(location = "user")]
pub struct Palettes;

#[byod_table(location = "user")]
pub struct Streams;

fn main() {}
