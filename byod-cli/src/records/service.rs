//! Main and users' deployments, as a service reaches them: the keys come from the environment.

use byod_runtime::{Byod, ByodBuilder};
use clap::Args;
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;

/// How main is reached, and what users' deployments may be.
#[derive(Args)]
pub(crate) struct Service {
    /// The module of main that holds the functions for users' records.
    #[arg(long, value_name = "PATH", default_value = "byod/credentials")]
    pub(crate) module: String,
    /// Allow deployments on this machine, also over http.
    #[arg(long)]
    pub(crate) development: bool,
}

impl Service {
    pub(super) fn start(&self) -> Result<(Byod, Runtime), Error> {
        self.start_with(|byod| byod)
    }

    /// The same, with further settings.
    pub(super) fn start_with(
        &self,
        set: impl FnOnce(ByodBuilder) -> ByodBuilder,
    ) -> Result<(Byod, Runtime), Error> {
        Ok((self.byod(set)?, runtime()?))
    }

    /// The same for who has a runtime.
    pub(super) fn byod(&self, set: impl FnOnce(ByodBuilder) -> ByodBuilder) -> Result<Byod, Error> {
        let byod = ByodBuilder::from_env()?
            .credentials_module(&*self.module)
            .development(self.development);
        Ok(set(byod).build()?)
    }
}

/// What the tool's one command runs in.
pub(super) fn runtime() -> Result<Runtime, Error> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(Error::Runtime)
}
