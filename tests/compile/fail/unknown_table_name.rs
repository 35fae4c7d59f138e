const _: byod_runtime::TableInfo = byod_runtime::table!("note");

const _: byod_runtime::TableInfo = byod_runtime::table!(notes);

const _: &[byod_runtime::TableInfo] = byod_runtime::tables!("notes");

fn main() {}
