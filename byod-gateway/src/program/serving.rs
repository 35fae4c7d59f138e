//! Serves until it is told to end.

use std::fmt;
use std::future::IntoFuture as _;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use byod_gateway::{Ending, OperatorToken, Settings, WeakToken};
use byod_runtime::{Byod, ByodBuilder, Manifest};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::signal;
use tracing_subscriber::EnvFilter;

use super::arguments::Arguments;

/// How long it goes on to answer that it isn't ready, so that nobody new is sent here, before it takes no more connections.
const NOTICE: Duration = Duration::from_secs(2);

/// How long what is under way may take after that. With the notice it is less than the 30 s after which orchestrators kill.
const PATIENCE: Duration = Duration::from_secs(26);

/// Why the program can't go on.
#[derive(Debug)]
pub(crate) enum Failure {
    Snapshot(PathBuf, String),
    Settings(byod_runtime::Error),
    Path(String),
    Listen(SocketAddr, io::Error),
    Metrics(String),
    Operator(WeakToken),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(path, why) => write!(
                f,
                "{}: {why}. Run `byod snapshot` of this version where the app's projects are, and name the file by --snapshot",
                path.display()
            ),
            Self::Settings(error) => error.fmt(f),
            Self::Path(path) => write!(
                f,
                "--path is `{path}`; it begins with `/` and doesn't end with one, such as `/convex`"
            ),
            Self::Listen(address, error) => write!(f, "can't listen at {address}: {error}"),
            Self::Operator(weak) => write!(f, "BYOD_GATEWAY_OPERATOR_TOKEN: {weak}"),
            Self::Metrics(why) => write!(f, "metrics can't be gathered: {why}"),
        }
    }
}

/// Serves until a signal says that it is to end.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    log(arguments.log_json);
    let metrics = PrometheusBuilder::new().install_recorder();
    let metrics = metrics.map_err(|error| Failure::Metrics(error.to_string()))?;
    let byod = byod(&arguments)?;
    let ready = Arc::new(AtomicBool::new(true));
    let ending = Ending::default();
    let app = app(&arguments, byod, ending.clone(), ready.clone())?;
    let listener = listen(arguments.listen).await?;
    if let Some(address) = arguments.metrics {
        let listener = listen(address).await?;
        let at = listener.local_addr();
        let at = at.map_err(|error| Failure::Listen(address, error))?;
        tracing::info!(%at, "metrics");
        tokio::spawn(axum::serve(listener, measured(metrics)).into_future());
    }
    let at = listener.local_addr();
    let at = at.map_err(|error| Failure::Listen(arguments.listen, error))?;
    tracing::info!(%at, path = arguments.path, "listening");
    // Answers are small, and waited for; that is lost where it can't be set.
    let listener = listener.tap_io(|tcp| drop(tcp.set_nodelay(true)));
    let begun = ending.clone();
    let served = axum::serve(listener, app).with_graceful_shutdown(async move {
        told_to_end().await;
        tracing::info!("told to end: requests under way are answered, new ones go elsewhere");
        ready.store(false, Ordering::Relaxed);
        tokio::time::sleep(NOTICE).await;
        begun.begin();
    });
    let mut served = tokio::spawn(served.into_future());
    tokio::select! {
        ended = async {
            let ended = (&mut served).await;
            ending.ended().await;
            ended
        } => {
            let error = ended.map_err(io::Error::other).and_then(|ended| ended);
            error.map_err(|error| Failure::Listen(at, error))
        }
        () = overtime() => {
            tracing::warn!("ended with requests under way");
            Ok(())
        }
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

fn byod(arguments: &Arguments) -> Result<Byod, Failure> {
    let manifest = manifest(&arguments.snapshot)
        .map_err(|why| Failure::Snapshot(arguments.snapshot.clone(), why))?;
    let router = byod_runtime::Router::of_manifest(&manifest);
    let byod = ByodBuilder::from_env().and_then(|builder| {
        let builder = builder
            .tables(router.tables())
            .functions(router.functions());
        builder.development(arguments.development).build()
    });
    byod.map_err(Failure::Settings)
}

fn manifest(path: &Path) -> Result<Manifest, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let (found, expected) = (manifest.format, Manifest::FORMAT);
    if found != expected {
        return Err(format!("its format is {found}, and {expected} is needed"));
    }
    Ok(manifest)
}

fn app(
    arguments: &Arguments,
    byod: Byod,
    ending: Ending,
    ready: Arc<AtomicBool>,
) -> Result<Router, Failure> {
    let settings = Settings::default().ending(ending);
    let mut settings = arguments.limits.of(settings);
    for origin in &arguments.origins {
        settings = settings.origin(origin.trim());
    }
    if let Some(token) = &arguments.operator_token {
        let token = OperatorToken::new(token.expose_secret());
        settings = settings.operator_token(token.map_err(Failure::Operator)?);
    }
    let gateway = byod_gateway::router(byod, settings);
    let path = &*arguments.path;
    let app = match path {
        "" | "/" => gateway,
        _ if path.starts_with('/') && !path.ends_with('/') && !path.contains(['{', '}', '*']) => {
            Router::new().nest(path, gateway)
        }
        _ => return Err(Failure::Path(path.to_owned())),
    };
    let readyz = move || {
        let ready = ready.load(Ordering::Relaxed);
        std::future::ready(match ready {
            true => (StatusCode::OK, "ready\n"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "ending\n"),
        })
    };
    Ok(app
        .route("/healthz", get("alive\n"))
        .route("/readyz", get(readyz)))
}

fn measured(metrics: PrometheusHandle) -> Router {
    let text = move || {
        metrics.run_upkeep();
        std::future::ready(metrics.render())
    };
    Router::new().route("/metrics", get(text))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| Failure::Listen(address, error))
}

/// Once somebody wants it to end: by Ctrl-C, or as orchestrators do.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = signal::ctrl_c() => return,
            }
        }
    }
    let _ = signal::ctrl_c().await;
}

async fn overtime() {
    told_to_end().await;
    tokio::time::sleep(NOTICE + PATIENCE).await;
}
