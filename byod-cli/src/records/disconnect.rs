//! `byod disconnect`: main answers a user again, and what stays behind is counted.

use byod_runtime::{ByodBuilder, Error as Failed};
use serde::Serialize;

use crate::error::Error;

/// Whose deployment, and how main is reached.
pub(crate) struct Options {
    pub(crate) user: String,
    pub(crate) subject: Option<String>,
    pub(crate) module: String,
    pub(crate) development: bool,
}

/// What is on a deployment that answers no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) user_id: String,
    pub(crate) left: Option<Left>,
    /// Why that isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Left {
    pub(crate) documents: u64,
    pub(crate) bytes: u64,
}

/// Main and the keys come from the environment, as a service's do.
pub(crate) fn disconnect(options: Options) -> Result<Report, Error> {
    let byod = ByodBuilder::from_env()?
        .credentials_module(&*options.module)
        .development(options.development)
        .build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let subject = options.subject.as_deref().unwrap_or(&options.user);
    runtime.block_on(async {
        let disconnected = byod.disconnect(&*options.user).await?;
        let (left, unknown) = match disconnected.left_behind(subject).await {
            Ok(left) => {
                let (documents, bytes) = (left.documents, left.bytes);
                (Some(Left { documents, bytes }), None)
            }
            // There was no deployment.
            Err(Failed::NoRecord { .. }) => (None, None),
            // They are disconnected whatever it answers.
            Err(error) => (None, Some(error.to_string())),
        };
        Ok(Report {
            user_id: options.user.clone(),
            left,
            unknown,
        })
    })
}
