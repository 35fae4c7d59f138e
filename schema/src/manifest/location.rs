use std::fmt;

use serde::{Deserialize, Serialize};

/// On which of the two deployments a table lives.
///
/// ```
/// # extern crate byod_schema as byod_runtime;
/// use byod_runtime::Location;
///
/// assert_eq!(Location::User.to_string(), "user");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Location {
    /// The service's own deployment.
    Main,
    /// Each user's own deployment, for users who connected one.
    User,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "main",
            Self::User => "user",
        })
    }
}
