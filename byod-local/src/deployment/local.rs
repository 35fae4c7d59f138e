//! A deployment that is to be started, and what its functions do.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
#[cfg(feature = "push")]
use std::time::Duration;

use byod_schema::{Deployments, FunctionPath, Manifest, Schema, nearest};
use tokio::net::TcpListener;

use super::running::{LocalDeployment, parsed};
use crate::auth::Auth;
use crate::builtin::{Assembly, Role};
use crate::error::{FunctionError, StartError};
use crate::functions::claim::Claims;
use crate::functions::{Body, Ctx, Functions, Project};
#[cfg(feature = "push")]
use crate::push::Pushes;
use crate::serving::Core;
use crate::store::Store;
use crate::values::{IntoValue, Object};

/// A deployment that is to be started.
///
/// ```no_run
/// # async fn demo(manifest: byod_local::Manifest) -> Result<(), Box<dyn std::error::Error>> {
/// use byod_local::Local;
///
/// let main = Local::main(&manifest)
///     .function("notes:search", |ctx, args| {
///         let text = args.str("query").unwrap_or_default();
///         ctx.query("notes")
///             .filter(|note| note.str("title").is_some_and(|title| title.contains(text)))
///             .collect()
///     })
///     .start()
///     .await?;
/// println!("listening on {}", main.url());
/// # Ok(())
/// # }
/// ```
#[must_use = "a deployment serves nothing until it is started"]
pub struct Local {
    name: String,
    assembly: Assembly,
    project: Project,
    deploy_key: Option<String>,
    /// Whether it has nothing yet.
    is_new: bool,
    #[cfg(feature = "push")]
    environment: BTreeMap<String, String>,
    #[cfg(feature = "push")]
    index_building: Duration,
}

impl Local {
    /// The service's own deployment: main's tables and functions, and the module
    /// `byod/credentials`.
    pub fn main(manifest: &Manifest) -> Self {
        Self::new("main", Role::Main, Project::main(manifest), Claims::Missing)
    }

    /// A user's deployment: the project that the manifest names for it, and
    /// `functions:ping`. Where the manifest names none, it has main's user tables
    /// and their functions, with the injected arguments added.
    ///
    /// It belongs to the user who claims it (`byod/claim:claim`, which `Byod::connect`
    /// of `byod-runtime` calls, and a session's first call), and its functions refuse
    /// everybody else, unless the manifest's project has no module `byod/claim`, or
    /// `byod.toml` says that deployments are shared; see
    /// also [`shared`](Self::shared) and [`without_claim`](Self::without_claim).
    pub fn user(manifest: &Manifest) -> Self {
        let claim = FunctionPath::new("byod/claim", "claim");
        let claims = match &manifest.user {
            _ if manifest.ownership.deployments == Deployments::Shared => Claims::Shared,
            Some(user) if !user.functions.contains_key(&claim) => Claims::Missing,
            _ => Claims::Kept,
        };
        Self::new("user", Role::User, Project::user(manifest), claims)
    }

    fn new(name: &str, role: Role, project: Project, claims: Claims) -> Self {
        Self {
            name: name.to_owned(),
            assembly: Assembly {
                role,
                schema_version: 1.0,
                has_ping: true,
                claims,
                closures: Vec::new(),
            },
            project,
            deploy_key: None,
            is_new: false,
            #[cfg(feature = "push")]
            environment: BTreeMap::new(),
            #[cfg(feature = "push")]
            index_building: Duration::ZERO,
        }
    }

    /// Sets the name, which the deploy key and messages show; `main` or `user`
    /// without it.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the deploy key. Without it a fresh one is made: `local:<name>|<secret>`.
    pub fn deploy_key(mut self, deploy_key: impl Into<String>) -> Self {
        self.deploy_key = Some(deploy_key.into());
        self
    }

    /// Sets the version that `functions:ping` of a user's deployment gives; 1
    /// without it.
    pub fn schema_version(mut self, version: u32) -> Self {
        self.assembly.schema_version = version.into();
        self
    }

    /// Lets several users use a user's deployment, as `deployments = "shared"` in
    /// byod.toml does: nobody can claim it, and its functions do not ask whose it is.
    pub fn shared(mut self) -> Self {
        self.assembly.claims = Claims::Shared;
        self
    }

    /// Leaves `byod/claim` out, as in projects for users' deployments that were
    /// written by hand, or by `byod export` before there was a claim.
    pub fn without_claim(mut self) -> Self {
        self.assembly.claims = Claims::Missing;
        self
    }

    /// Leaves everything out: a deployment that was just made has neither tables nor
    /// functions, until a project is pushed to it.
    pub fn without_project(mut self) -> Self {
        self.is_new = true;
        self
    }

    /// Sets an environment variable of the deployment, which the reply to `start_push`
    /// holds, as on Convex.
    #[cfg(feature = "push")]
    pub fn environment_variable(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Sets how long it takes to build the indexes that a push adds; no time without it.
    #[cfg(feature = "push")]
    pub fn index_building(mut self, time: Duration) -> Self {
        self.index_building = time;
        self
    }

    /// Implements a function that the project declares, in place of what it would
    /// do by itself.
    ///
    /// The closure gets validated arguments, and its result is validated. It must
    /// be quick, since a mutation or action runs alone, and must not call this
    /// deployment itself. A panic in it is an error of the function.
    pub fn function<F, R>(mut self, path: &str, body: F) -> Self
    where
        F: Fn(&mut Ctx<'_>, Object) -> Result<R, FunctionError> + Send + Sync + 'static,
        R: IntoValue,
    {
        let body: Body = Arc::new(move |ctx, args| body(ctx, args)?.into_value());
        self.assembly.closures.push((parsed(path), body));
        self
    }

    /// Starts it on 127.0.0.1, on a port that the system picks.
    ///
    /// Fails where a function was registered that the project does not declare, where
    /// Convex would refuse a push of the project (names, arguments that are no object,
    /// limits), and where the system gives no port.
    pub async fn start(mut self) -> Result<LocalDeployment, StartError> {
        let refused = byod_schema::refused(&self.project.schema, &self.project.functions);
        if !refused.is_empty() {
            return Err(StartError::Refused(refused));
        }
        let functions = self.functions()?;
        let key = match self.deploy_key.take() {
            Some(key) => key,
            None => Auth::generate_key(&self.name)?,
        };
        let store = Store::new(&self.project.schema)?;
        #[cfg(feature = "push")]
        let pushes = Pushes::new(
            self.assembly,
            self.project,
            self.environment,
            self.index_building,
        );
        let core = Core::new(
            self.name,
            functions,
            #[cfg(feature = "push")]
            pushes,
            store,
            Auth::new(key),
        );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(StartError::Listen)?;
        LocalDeployment::serve(listener, core)
    }

    fn functions(&mut self) -> Result<Functions, StartError> {
        if self.is_new {
            self.project.functions.clear();
            self.project.schema = Schema {
                tables: Vec::new(),
                schema_validation: false,
                other: BTreeMap::new(),
            };
            return Ok(Functions::default());
        }
        let functions = self.assembly.functions(&mut self.project);
        let mut closures = self.assembly.closures.iter();
        match closures.find(|(path, _)| !self.project.functions.contains_key(path)) {
            Some((path, _)) => Err(unknown_function(path, &self.project)),
            None => Ok(functions),
        }
    }
}

/// Shows neither the deploy key nor the closures.
impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("name", &self.name)
            .field("role", &self.assembly.role)
            .finish_non_exhaustive()
    }
}

fn unknown_function(path: &FunctionPath, project: &Project) -> StartError {
    let path = path.to_string();
    let declared: Vec<_> = project.functions.keys().map(ToString::to_string).collect();
    let nearest = nearest(&path, declared.iter().map(String::as_str)).map(str::to_owned);
    StartError::UnknownFunction { path, nearest }
}
