//! The program: its arguments, and what it serves until it is told to end.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use byod_runtime::ByodBuilder;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use super::failure::Failure;
use super::worker::{CALLS, Worker};
use crate::engine::Bundles;

/// Looks after all users' deployments where an engine says so.
#[derive(Debug, clap::Parser)]
#[command(name = "byod-fleet", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Serves what Restate calls to deploy, test and move, for any number of these side by side
    ///
    /// Main is what CONVEX_URL and CONVEX_DEPLOY_KEY say, and BYOD_ENCRYPTION_KEY opens the users' records, as of any service
    /// with byod; see docs/operations.md. RUST_LOG says what is logged.
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Where to listen for the engine
    #[arg(
        long,
        env = "BYOD_FLEET_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9080"
    )]
    listen: SocketAddr,

    /// The folder of the bundles that `byod fleet deploy --engine` writes: a shared one, or a copy
    #[arg(long, env = "BYOD_FLEET_BUNDLES", value_name = "DIRECTORY")]
    bundles: PathBuf,

    /// A request identity key of the engine, `publickeyv1_…`: who has none of these may call nothing; several, separated by commas
    #[arg(
        long = "identity-key",
        env = "BYOD_FLEET_IDENTITY_KEYS",
        value_name = "KEY",
        value_delimiter = ','
    )]
    identity_keys: Vec<String>,

    /// Listen beyond this machine without an identity key: whoever reaches the address can deploy, and move users' data
    #[arg(long, env = "BYOD_FLEET_TRUST_NETWORK")]
    trust_network: bool,

    /// How many calls the engine makes on one connection; it opens more, which a balancer spreads over workers
    #[arg(
        long,
        env = "BYOD_FLEET_CALLS_PER_CONNECTION",
        value_name = "CALLS",
        default_value_t = CALLS
    )]
    calls_per_connection: NonZeroU32,

    /// The module of main that holds the functions for users' records
    #[arg(long, value_name = "PATH", default_value = "byod/credentials")]
    module: String,

    /// The longest time for which a service keeps a user's route, in seconds (its `cache_ttl`)
    #[arg(
        long,
        env = "BYOD_FLEET_CACHE_TTL",
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(..=86_400)
    )]
    cache_ttl: u64,

    /// The longest time that a call of a service may take, in seconds (its `timeout`), and of this worker's as well. Until both
    /// have passed, the writes of a user whose data moves are refused
    #[arg(
        long,
        env = "BYOD_FLEET_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    timeout: u64,

    /// How many documents, and as many files, a user's move takes to main at the most
    #[arg(
        long,
        env = "BYOD_FLEET_MOST_DOCUMENTS",
        value_name = "NUMBER",
        default_value_t = 2_000_000
    )]
    most_documents: u64,

    /// How many bytes of both
    #[arg(
        long,
        env = "BYOD_FLEET_MOST_BYTES",
        value_name = "NUMBER",
        default_value_t = 4 << 30
    )]
    most_bytes: u64,

    /// Bind the records that are sealed anew to their users, so that they open for no others
    #[arg(long, env = "BYOD_FLEET_BIND_RECORDS")]
    bind_records: bool,

    /// Log in JSON
    #[arg(long, env = "BYOD_FLEET_LOG_JSON")]
    log_json: bool,

    /// Let users' deployments be at private addresses and without TLS; for development alone
    #[arg(long, env = "BYOD_FLEET_DEVELOPMENT")]
    development: bool,
}

/// Does what the arguments say, until a signal says that it is to end.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Command::Serve(serve) = arguments.command;
    serve.run().await
}

impl Serve {
    async fn run(self) -> Result<(), Failure> {
        log(self.log_json);
        if self.identity_keys.is_empty() && !self.listen.ip().is_loopback() {
            if !self.trust_network {
                return Err(Failure::Open(self.listen));
            }
            tracing::warn!(
                at = %self.listen,
                "whoever reaches this address can have users' deployments pushed to and their data moved"
            );
        }
        let byod = ByodBuilder::from_env().and_then(|builder| {
            builder
                .credentials_module(&*self.module)
                .development(self.development)
                .bind_records(self.bind_records)
                .cache_ttl(Duration::from_secs(self.cache_ttl))
                .timeout(Duration::from_secs(self.timeout))
                .most_moved_out(self.most_documents, self.most_bytes)
                // It serves no calls, and reads each record when it is its turn.
                .listen_to_main(false)
                .build()
        });
        let byod = byod.map_err(Failure::Settings)?;
        let bundles = Bundles::in_folder(&self.bundles).map_err(Failure::Bundles)?;
        let worker = Worker::new(byod, bundles).calls_per_connection(self.calls_per_connection);
        let worker = self
            .identity_keys
            .into_iter()
            .fold(worker, Worker::identity_key);
        let listener = TcpListener::bind(self.listen).await;
        let listener = listener.map_err(|error| Failure::Listen(self.listen, error))?;
        let at = listener.local_addr();
        let at = at.map_err(|error| Failure::Listen(self.listen, error))?;
        tracing::info!(%at, "listening");
        worker.serve(listener).await
    }
}

fn log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    if json {
        log.json().init();
    } else {
        log.init();
    }
}
