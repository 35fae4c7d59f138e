use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::policy::AddressPolicy;

/// Asks the system what names stand for, and refuses what the policy does.
///
/// The check is made on the very addresses that the connection is made to, so a
/// name that stands for another address a moment later gains nothing. One bad
/// address refuses the name, though others may be good: no honest deployment's
/// name has both, and which of them is tried would be left to chance.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    policy: Arc<AddressPolicy>,
    upstream: Upstream,
}

/// Why a name is not connected to.
#[derive(Debug, thiserror::Error)]
#[error("{0}; check its URL")]
pub(crate) struct Refused(&'static str);

/// Who says what a name stands for.
#[derive(Clone, Default)]
pub(crate) enum Upstream {
    #[default]
    System,
    /// For tests.
    Given(Arc<Answer>),
}

pub(crate) type Answer = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

impl GuardedResolver {
    pub(crate) fn new(policy: Arc<AddressPolicy>, upstream: Upstream) -> Self {
        Self { policy, upstream }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, upstream) = (self.policy.clone(), self.upstream.clone());
        Box::pin(async move {
            let name = name.as_str();
            let addresses = upstream.addresses(name).await?;
            for address in &addresses {
                if let Some(special) = policy.refuse(name, *address) {
                    // The address itself is for the operator's eyes only: it would
                    // tell a stranger about the network that the service is in.
                    tracing::warn!(host = %name, %address, ?special, "the address of a user's deployment is refused");
                    return Err(Refused(special.behind_name()).into());
                }
            }
            if addresses.is_empty() {
                return Err(Refused("its name has no address").into());
            }
            // The port is the URL's.
            let addresses = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

impl Upstream {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::System => {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            }
            Self::Given(answer) => answer(name),
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Given(_) => "Given",
        })
    }
}
