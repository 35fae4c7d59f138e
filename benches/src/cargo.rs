use std::process::Command;

/// The cargo that runs this program, where one does; else the one in the `PATH`.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
