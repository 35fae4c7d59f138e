//! What the program is told.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;

use super::limits::Limits;

/// Stands where a Convex app's clients expect its deployment; each call is answered by main, or by the deployment that the
/// user who calls has connected.
///
/// Main is what CONVEX_URL and CONVEX_DEPLOY_KEY say, and BYOD_ENCRYPTION_KEY opens the users' records, as of any service
/// with byod; see docs/operations.md. RUST_LOG says what is logged.
#[derive(Debug, clap::Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 when it was told to end, 1 when it can't go on, 2 for arguments that it doesn't know."
)]
pub(crate) struct Arguments {
    /// The snapshot of the app's projects, as `byod snapshot` writes it
    #[arg(
        long,
        env = "BYOD_GATEWAY_SNAPSHOT",
        value_name = "FILE",
        default_value = "byod-snapshot.json"
    )]
    pub(super) snapshot: PathBuf,

    /// Where to listen
    #[arg(
        long,
        env = "BYOD_GATEWAY_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    pub(super) listen: SocketAddr,

    /// The path that clients have in their URL, such as `/convex`
    #[arg(
        long,
        env = "BYOD_GATEWAY_PATH",
        value_name = "PATH",
        default_value = ""
    )]
    pub(super) path: String,

    /// An origin whose pages may connect deployments, such as `https://app.example`; several, or separated by commas
    #[arg(
        long = "origin",
        env = "BYOD_GATEWAY_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub(super) origins: Vec<String>,

    /// Serve the operator's page under `/byod/admin` to who has this token: 32 letters or more. Better given by the
    /// environment, which other users of the machine don't see
    #[arg(
        long,
        env = "BYOD_GATEWAY_OPERATOR_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub(super) operator_token: Option<SecretString>,

    /// Where to answer `/metrics` in Prometheus' text, apart from clients; nowhere by default
    #[arg(long, env = "BYOD_GATEWAY_METRICS", value_name = "ADDRESS")]
    pub(super) metrics: Option<SocketAddr>,

    /// Log in JSON
    #[arg(long, env = "BYOD_GATEWAY_LOG_JSON")]
    pub(super) log_json: bool,

    /// Let users' deployments be at private addresses and without TLS; for development alone
    #[arg(long, env = "BYOD_GATEWAY_DEVELOPMENT")]
    pub(super) development: bool,

    // The last, for its heading would be that of all after it.
    #[command(flatten)]
    pub(super) limits: Limits,
}
