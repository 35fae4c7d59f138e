//! How much memory a process has.

use std::error::Error;

/// How much memory a process has at present, in bytes.
pub(crate) fn resident(process: u32) -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kilobytes.ok_or("no VmRSS")?.parse::<f64>()? * 1024.0)
}
