use byod_runtime::{Byod, ByodBuilder};
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;

/// How main and users' deployments are reached.
pub(crate) struct Service {
    pub(crate) module: String,
    pub(crate) development: bool,
    /// How many deployments at once.
    pub(crate) at_once: u16,
}

impl Service {
    /// Main and the keys come from the environment, as a service's do.
    pub(super) fn start(&self) -> Result<(Byod, Runtime), Error> {
        let byod = ByodBuilder::from_env()?
            .credentials_module(&*self.module)
            .development(self.development)
            .build()?;
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok((byod, runtime.map_err(Error::Runtime)?))
    }
}
