//! Keeps cores awake while calls are measured. A virtual machine's core that has
//! nothing to do is taken away, and comes back after longer than a call takes: of one
//! call at a time, that would be all there is to see.

use std::error::Error;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process for each core, which yields to all others; they end with this one.
pub(crate) struct Awake(Vec<Child>);

impl Awake {
    /// On Linux with `chrt`: runs only when nothing else would, which `nice` alone is
    /// not enough for.
    pub(crate) fn keep(program: &Path, cores: &[usize]) -> Self {
        let start = |core: &usize| {
            let mut command = Command::new("chrt");
            command.args(["--idle", "0"]).arg(program);
            command.args(["stay-awake", "--core", &core.to_string()]);
            command.stdin(Stdio::piped()).stdout(Stdio::null());
            command.spawn().ok()
        };
        Self(cores.iter().filter_map(start).collect())
    }

    /// How many there still are: `chrt` may not be allowed to start them.
    pub(crate) fn cores(&mut self) -> usize {
        let children = self.0.iter_mut();
        children
            .filter_map(|child| child.try_wait().ok())
            .filter(Option::is_none)
            .count()
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Is such a process.
pub(crate) fn stay(core: Option<usize>) -> Result<(), Box<dyn Error>> {
    if let Some(id) = core {
        core_affinity::set_for_current(core_affinity::CoreId { id });
    }
    crate::end_with_standard_input();
    loop {
        std::hint::black_box(());
    }
}
