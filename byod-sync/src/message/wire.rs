//! What reading both sides' messages needs.

use serde::{Deserialize, Deserializer};

use crate::error::ProtocolError;

/// A `null` that is there, told from what isn't.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// A member that such a message must have.
pub(super) fn needed<T>(
    member: Option<T>,
    message: &'static str,
    name: &'static str,
) -> Result<T, ProtocolError> {
    member.ok_or(ProtocolError::Missing {
        message,
        member: name,
    })
}
