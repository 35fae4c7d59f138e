//! A deployment that is to be started, and what its functions do.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use byod_schema::{Deployments, Function, FunctionPath, Manifest, nearest, table_of_module};
use tokio::net::TcpListener;

use super::running::{LocalDeployment, parsed};
use crate::auth::Auth;
use crate::builtin::{claim, credentials, crud, mirror, moving, ping};
use crate::error::{FunctionError, StartError};
use crate::functions::claim::Claims;
use crate::functions::{Body, Ctx, Entry, Functions, Project, missing};
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
    role: Role,
    project: Project,
    deploy_key: Option<String>,
    schema_version: f64,
    claims: Claims,
    closures: Vec<(FunctionPath, Body)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Main,
    User,
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
            role,
            project,
            deploy_key: None,
            schema_version: 1.0,
            claims,
            closures: Vec::new(),
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
        self.schema_version = version.into();
        self
    }

    /// Lets several users use a user's deployment, as `deployments = "shared"` in
    /// byod.toml does: nobody can claim it, and its functions do not ask whose it is.
    pub fn shared(mut self) -> Self {
        self.claims = Claims::Shared;
        self
    }

    /// Leaves `byod/claim` out, as in projects for users' deployments that were
    /// written by hand, or by `byod export` before there was a claim.
    pub fn without_claim(mut self) -> Self {
        self.claims = Claims::Missing;
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
        self.closures.push((parsed(path), body));
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
        let core = Core::new(self.name, functions, store, Auth::new(key));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(StartError::Listen)?;
        LocalDeployment::serve(listener, core)
    }

    /// Every function with what it does: a closure, else what this crate does by
    /// itself, else an error that says what to register.
    fn functions(&mut self) -> Result<Functions, StartError> {
        let mut functions = Functions::default();
        let built_in = match self.role {
            Role::Main => {
                let mut entries = credentials::functions(&mut self.project);
                entries.extend(mirror::of_main(&self.project));
                entries.extend(moving::functions(&mut self.project, false));
                entries
            }
            Role::User => {
                let mut entries = claim::functions(&mut self.project, self.claims);
                entries.push(ping::function(&self.project, self.schema_version));
                entries.extend(mirror::of_user(&self.project));
                let claims = self.claims == Claims::Kept;
                entries.extend(moving::functions(&mut self.project, claims));
                entries
            }
        };
        for entry in &built_in {
            let declared = entry.declared.clone();
            self.project.functions.insert(entry.path.clone(), declared);
        }
        for (path, declared) in &self.project.functions {
            let table = self.project.schema.table(table_of_module(&path.module));
            let body = table
                .and_then(|table| crud::body(path, declared, table, &self.project))
                .unwrap_or_else(|| missing(path));
            functions.add(Entry {
                path: path.clone(),
                declared: declared.clone(),
                body,
                keyed: self.project.keyed.get(path).cloned(),
                claimed: self.claimed(declared),
            });
        }
        for entry in built_in {
            functions.add(entry);
        }
        for (path, body) in std::mem::take(&mut self.closures) {
            let Some(declared) = self.project.functions.get(&path).cloned() else {
                return Err(unknown_function(&path, &self.project));
            };
            functions.add(Entry {
                keyed: self.project.keyed.get(&path).cloned(),
                claimed: self.claimed(&declared),
                path,
                declared,
                body,
            });
        }
        Ok(functions)
    }

    /// The argument that says who calls, of a function that only the user may call
    /// whose deployment it is.
    fn claimed(&self, declared: &Function) -> Option<String> {
        let owner = &self.project.owner;
        let takes_it = || declared.args.as_object()?.get(owner);
        (self.role == Role::User && self.claims == Claims::Kept && takes_it().is_some())
            .then(|| owner.clone())
    }
}

/// Shows neither the deploy key nor the closures.
impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

fn unknown_function(path: &FunctionPath, project: &Project) -> StartError {
    let path = path.to_string();
    let declared: Vec<_> = project.functions.keys().map(ToString::to_string).collect();
    let nearest = nearest(&path, declared.iter().map(String::as_str)).map(str::to_owned);
    StartError::UnknownFunction { path, nearest }
}
