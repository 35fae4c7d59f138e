use byod_runtime::{byod_module, functions};

byod_module!();

byod_module!(notes);

byod_module!(pub mod notes);

byod_module!(pub mod = "notes");

byod_module!(mod written "notes");

byod_module!("notes" skip(search));

byod_module!("notes", 7);

byod_module!("notes", skp(search));

byod_module!("notes", location = "user");

byod_module!("notes", skip = search);

byod_module!("notes", skip(search), skip(get));

byod_module!("notes", returns(search = String, search = u8));

const FUNCTIONS: &[byod_runtime::FunctionInfo] = functions!("notes");

fn main() {}
