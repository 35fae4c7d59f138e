//! How long a process has been on a processor.

use std::error::Error;

/// The time that the process has had on a processor so far, in µs; not that of threads which have ended.
pub(crate) fn processor(process: u32) -> Result<f64, Box<dyn Error>> {
    // Of all its threads; the file of the process has its first one's alone.
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split(' ').next().unwrap_or_default();
        nanoseconds += first.parse::<f64>()?;
    }
    Ok(nanoseconds / 1e3)
}
