//! Keeps cores awake while calls are measured. A virtual machine's core that has
//! nothing to do is taken away, and comes back after longer than a call takes: of one
//! call at a time, that would be all there is to see.

use std::error::Error;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process for each core, which yields to all others; they end with this one.
pub(crate) struct Awake {
    children: Vec<Child>,
    cores: usize,
}

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
        Self {
            children: cores.iter().filter_map(start).collect(),
            cores: cores.len(),
        }
    }

    /// Whether each core still has its process: `chrt` may not be there, or not be
    /// allowed to start them.
    pub(crate) fn is_whole(&mut self) -> bool {
        let mut children = self.children.iter_mut();
        let run = children.all(|child| matches!(child.try_wait(), Ok(None)));
        run && self.cores > 0 && self.children.len() == self.cores
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.children {
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
    byod_bench::deployment::end_with_standard_input();
    loop {
        std::hint::black_box(());
    }
}
