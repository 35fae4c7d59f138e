//! A running deployment, as tests look into it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use byod_schema::{FunctionPath, Value};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::auth::{Caller, Identity, seconds};
use crate::error::{FunctionError, StartError};
use crate::random;
use crate::serving::{Call, Core, RequestRecord, now, server};
use crate::values::{IntoObject, Object};

/// A running deployment. It stops when it is dropped.
///
/// ```
/// use byod_local::{LocalDeployment, StartError};
///
/// fn what_happened(main: &LocalDeployment) -> Result<(), StartError> {
///     let token = main.token("auth|alice")?; // and `revoke_token` takes it away
///     assert_eq!(main.count("notes"), main.documents("notes").len());
///     for request in main.requests() {
///         println!("{} {:?}: {}", request.endpoint, request.functions, request.status);
///     }
///     assert!(!token.is_empty());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct LocalDeployment {
    pub(super) core: Arc<Core>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl LocalDeployment {
    /// Begins to answer what comes in.
    pub(super) fn serve(listener: TcpListener, core: Core) -> Result<Self, StartError> {
        let core = Arc::new(core);
        let address = listener.local_addr().map_err(StartError::Listen)?;
        let server = tokio::spawn(server::serve(listener, core.clone()));
        Ok(Self {
            core,
            address,
            server,
        })
    }

    /// The deployment's URL: `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The deploy key that it accepts at present.
    pub fn deploy_key(&self) -> String {
        self.core.auth().deploy_key().to_owned()
    }

    /// Accepts this deploy key from now on, and the former no longer, on sockets that are open either.
    pub fn set_deploy_key(&self, deploy_key: impl Into<String>) {
        self.core.auth_mut().set_deploy_key(deploy_key.into());
    }

    /// Issues a bearer token for a user: a subject, or an [`Identity`] with more.
    ///
    /// Fails where the system gives no random bytes.
    pub fn token(&self, identity: impl Into<Identity>) -> Result<String, StartError> {
        let secret = random::secret()?;
        Ok(self.core.auth_mut().issue(identity.into(), &secret))
    }

    /// Issues a bearer token that is valid for a while; it says so in its claims `iat` and `exp`.
    ///
    /// Fails where the system gives no random bytes.
    pub fn token_for(
        &self,
        identity: impl Into<Identity>,
        lifetime: Duration,
    ) -> Result<String, StartError> {
        let issued = seconds();
        let identity = identity.into().with("iat", issued);
        self.token(identity.with("exp", issued + lifetime.as_secs_f64()))
    }

    /// Accepts this token no longer, on sockets that are open either.
    pub fn revoke_token(&self, token: &str) {
        self.core.auth_mut().revoke(token);
    }

    /// How many documents a table has; 0 for an unknown table.
    pub fn count(&self, table: &str) -> usize {
        let store = self.core.store();
        let table = store.tables().get(table);
        table.map_or(0, |table| table.len())
    }

    /// The documents of a table, oldest first; none for an unknown table.
    pub fn documents(&self, table: &str) -> Vec<Object> {
        let store = self.core.store();
        let table = store.tables().get(table);
        let documents = table.map(|table| table.documents());
        let documents = documents.into_iter().flatten();
        documents
            .map(|document| document.as_ref().clone())
            .collect()
    }

    /// Inserts a document without a function, and gives its id.
    ///
    /// Fails where the document does not match the schema.
    pub fn insert(&self, table: &str, document: impl IntoObject) -> Result<String, FunctionError> {
        let document = document.into_object()?;
        let mut store = self.core.store_mut();
        let mut transaction = store.begin();
        let id = transaction.insert(table, document, now())?;
        transaction.commit();
        Ok(id)
    }

    /// A fresh id of a table, which no document has; also of `_storage`.
    ///
    /// Fails for an unknown table.
    pub fn new_id(&self, table: &str) -> Result<String, FunctionError> {
        self.core.store_mut().new_id(table)
    }

    /// Calls a function of any kind without HTTP, as with the deploy key.
    pub fn run(&self, path: &str, args: impl IntoObject) -> Result<Value, FunctionError> {
        self.run_as_caller(path, args, &Caller::admin())
    }

    /// Calls a public function of any kind without HTTP, as a user.
    pub fn run_as(
        &self,
        identity: impl Into<Identity>,
        path: &str,
        args: impl IntoObject,
    ) -> Result<Value, FunctionError> {
        let caller = Caller {
            admin: false,
            identity: Some(identity.into()),
        };
        self.run_as_caller(path, args, &caller)
    }

    fn run_as_caller(
        &self,
        path: &str,
        args: impl IntoObject,
        caller: &Caller,
    ) -> Result<Value, FunctionError> {
        let call = Call {
            path: parsed(path),
            kind: None,
            args: vec![args.into_object()?.into()],
        };
        self.core.call(call, caller)
    }

    /// The requests that were answered, oldest first: the last 100,000.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.core.requests().records()
    }

    /// How many requests were answered.
    pub fn request_count(&self) -> u64 {
        self.core.requests().count()
    }

    /// Begins counting and recording requests anew.
    pub fn reset_requests(&self) {
        self.core.requests().reset();
    }

    /// Stops it, and waits until the port is closed.
    pub async fn stop(mut self) {
        self.server.abort();
        // An aborted task reports that it was cancelled; there is nothing else to learn.
        let _ = (&mut self.server).await;
    }
}

impl Drop for LocalDeployment {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A function's path; any text is one.
pub(super) fn parsed(path: &str) -> FunctionPath {
    match path.parse() {
        Ok(path) => path,
        Err(never) => match never {},
    }
}
