//! The app as it runs: both deployments, the gateway, and the page in front.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::post;
use byod_gateway::Settings;
use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, EncryptionKey};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

use crate::failure::Failure;
use crate::functions;
use crate::page;

/// Who may sign in: by name, and without a password.
const USERS: [&str; 2] = ["alice", "bob"];

/// How long a token is valid; the page asks for another in time.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The app as it runs, until it is dropped.
pub struct App {
    pub main: Arc<LocalDeployment>,
    /// The deployment that Alice may connect.
    pub alices: LocalDeployment,
    pub byod: Byod,
    page: PathBuf,
    port: u16,
    server: JoinHandle<()>,
}

impl App {
    /// Builds the page where that is needed, and serves it at that port of 127.0.0.1; at 0, at one that is free.
    ///
    /// # Errors
    ///
    /// Where the page can't be built, and where the port is taken.
    pub async fn start(port: u16) -> Result<Self, Failure> {
        Self::start_with(port, |local| local).await
    }

    /// The same, with functions of the deployments changed.
    ///
    /// # Errors
    ///
    /// As [`App::start`].
    pub async fn start_with(port: u16, change: impl Fn(Local) -> Local) -> Result<Self, Failure> {
        let page = tokio::task::spawn_blocking(page::built).await;
        let page = page.map_err(|error| Failure::Build("npm run build", error.to_string()))??;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.map_err(|error| Failure::Port(port, error))?;
        let address = listener.local_addr();
        let port = address.map_err(|error| Failure::Port(port, error))?.port();

        let manifest = byod_local::read_manifest(byod_examples::MANIFEST);
        let manifest = manifest.map_err(failed)?;
        let main = change(functions::of_main(Local::main(&manifest)));
        let alices = change(functions::of_both(Local::user(&manifest).name("alice")));
        let main = Arc::new(main.start().await.map_err(failed)?);
        let alices = alices.start().await.map_err(failed)?;
        for user in USERS {
            let account = json!({
                "subject": user, "name": user, "email": format!("{user}@example.org"),
                "createdAt": 0.0, "updatedAt": 0.0,
            });
            main.insert("users", account).map_err(failed)?;
        }
        let byod = byod(&main).map_err(Failure::Service)?;
        let app = service(&main, byod.clone(), &page, LIFETIME);
        let server = tokio::spawn(async move {
            // It only ends with the process, or with this value.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            main,
            alices,
            byod,
            page,
            port,
            server,
        })
    }

    /// The service as another process of it would be, which knows nothing but the deployments; its tokens are valid for so
    /// long.
    ///
    /// # Errors
    ///
    /// Where its settings don't fit together.
    pub fn another(&self, lifetime: Duration) -> Result<Router, Failure> {
        let byod = byod(&self.main).map_err(Failure::Service)?;
        Ok(service(&self.main, byod, &self.page, lifetime))
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Until something ends it from outside.
    pub async fn ended(mut self) {
        // Ctrl-C ends the process.
        let _ = (&mut self.server).await;
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Deployment(error.to_string())
}

fn byod(main: &LocalDeployment) -> Result<Byod, byod_runtime::Error> {
    Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for this example")?)
        .tables(byod_examples::TABLES)
        .functions(byod_examples::FUNCTIONS)
        .development(true) // Alice's deployment is on this machine
        .build()
}

/// The page, who signs in, and the gateway.
fn service(main: &Arc<LocalDeployment>, byod: Byod, page: &Path, lifetime: Duration) -> Router {
    let gateway = byod_gateway::router(byod, Settings::default());
    Router::new()
        .route("/sign-in/{user}", post(sign_in))
        .with_state((main.clone(), lifetime))
        .nest("/convex", gateway)
        .fallback_service(ServeDir::new(page))
}

/// Gives a token to whoever says that they are this user: an example has no passwords. A service's auth provider does this.
async fn sign_in(
    State((main, lifetime)): State<(Arc<LocalDeployment>, Duration)>,
    UrlPath(user): UrlPath<String>,
) -> Result<String, StatusCode> {
    if !USERS.contains(&&*user) {
        return Err(StatusCode::NOT_FOUND);
    }
    let token = main.token_for(user, lifetime);
    token.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}
