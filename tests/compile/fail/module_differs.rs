use byod_runtime::byod_module;

byod_module!(pub mod only_on_main = "onlyOnMain");

byod_module!(pub mod kinds = "kinds");

byod_module!(pub mod extra_argument = "extraArgument");

byod_module!(pub mod foreign_argument = "foreignArgument");

byod_module!(pub mod internal_on_main = "internalOnMain");

byod_module!(pub mod returned = "returned");

fn main() {}
