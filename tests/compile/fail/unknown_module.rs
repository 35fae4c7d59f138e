use byod_runtime::byod_module;

byod_module!("note");

byod_module!("search/hybrid");

byod_module!("kinds:touch");

byod_module!("notes", skip(serch), returns(lst = String));

fn main() {}
