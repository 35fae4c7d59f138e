//! `emit` in a process of its own, because it speaks to Cargo by printing.

use std::process::Command;

use byod_build::Builder;

use crate::common::Folder;

/// Status, standard output and standard error of `emit`, with `BYOD_SNAPSHOT`
/// as `snapshot` says.
pub(crate) fn emit(folder: &Folder, snapshot: Option<&str>) -> (bool, String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "common::emit::emit_in_a_process",
            "--ignored",
            "--nocapture",
        ])
        .env("CONFIG", folder.path("byod.toml"))
        .env("TO", folder.path(""))
        .env_remove("BYOD_SNAPSHOT");
    if let Some(snapshot) = snapshot {
        command.env("BYOD_SNAPSHOT", snapshot);
    }
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| folder.relative(&String::from_utf8_lossy(bytes));
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Not a test of its own: the process in which `emit` is called.
#[test]
#[ignore = "run by the tests of emit"]
fn emit_in_a_process() {
    Builder::new()
        .config(std::env::var("CONFIG").unwrap())
        .out_dir(std::env::var("TO").unwrap())
        .emit();
}
