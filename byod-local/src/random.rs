//! Random bytes from the operating system, for keys, tokens and tags.

use crate::error::StartError;

pub(crate) fn number() -> Result<u64, StartError> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// 32 bytes in hex.
pub(crate) fn secret() -> Result<String, StartError> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn fill(bytes: &mut [u8]) -> Result<(), StartError> {
    getrandom::fill(bytes).map_err(|error| StartError::Random(error.to_string()))
}
