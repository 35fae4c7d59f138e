//! `byod disconnect`: main answers a user again, and what stays behind is counted.

use byod_runtime::Error as Failed;
use clap::Args;
use serde::Serialize;

use super::Service;
use crate::error::Error;

/// Whose deployment, and how main is reached.
#[derive(Args)]
pub(crate) struct Options {
    /// The user's id on main.
    #[arg(long)]
    user: String,
    /// Their subject at the auth provider, where that isn't the id.
    #[arg(long)]
    subject: Option<String>,
    #[command(flatten)]
    service: Service,
}

/// What is on a deployment that answers no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) user_id: String,
    /// Where it isn't that.
    #[serde(skip)]
    pub(crate) subject: Option<String>,
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

pub(crate) fn disconnect(options: &Options) -> Result<Report, Error> {
    let (byod, runtime) = options.service.start()?;
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
            subject: options.subject.clone(),
            left,
            unknown,
        })
    })
}
