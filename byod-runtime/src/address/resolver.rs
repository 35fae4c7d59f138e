use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use super::policy::AddressPolicy;
use crate::error::BoxError;

/// Asks the system what names stand for, and refuses what the policy does, if it has one.
///
/// The check is made on the very addresses that the connection is made to, so a
/// name that stands for another address a moment later gains nothing. One bad
/// address refuses the name, though others may be good: no honest deployment's
/// name has both, and which of them is tried would be left to chance.
#[derive(Clone, Default)]
pub(crate) struct Resolver {
    policy: Option<Arc<AddressPolicy>>,
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

impl Resolver {
    pub(crate) fn guarded(policy: Arc<AddressPolicy>, upstream: Upstream) -> Self {
        Self {
            policy: Some(policy),
            upstream,
        }
    }

    async fn addresses(&self, name: &str) -> Result<vec::IntoIter<SocketAddr>, BoxError> {
        let addresses = self.upstream.addresses(name).await?;
        if let Some(policy) = &self.policy
            && !is_a_proxy(name)
        {
            for address in &addresses {
                if let Some(special) = policy.refuse(name, *address) {
                    // The address itself is for the operator's eyes only: it would
                    // tell a stranger about the network that the service is in.
                    tracing::warn!(host = %name, %address, ?special, "the address of a user's deployment is refused");
                    return Err(Refused(special.behind_name()).into());
                }
            }
        }
        if addresses.is_empty() {
            return Err(Refused("its name has no address").into());
        }
        // The port is the URL's.
        let addresses = addresses.into_iter();
        let addresses = addresses.map(|address| SocketAddr::new(address, 0));
        Ok(addresses.collect::<Vec<_>>().into_iter())
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolver = self.clone();
        async move { resolver.addresses(name.as_str()).await }.boxed()
    }
}

#[cfg(feature = "reqwest")]
impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let name = name.as_str();
            // One that stands in a URL was judged with it.
            if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
                let address = SocketAddr::new(address, 0);
                return Ok(Box::new(std::iter::once(address)) as reqwest::dns::Addrs);
            }
            let found = resolver.addresses(name).await?;
            Ok(Box::new(found) as reqwest::dns::Addrs)
        })
    }
}

/// Whether the name is that of a proxy on the way, whose address is the operator's
/// business.
#[cfg(feature = "reqwest")]
fn is_a_proxy(name: &str) -> bool {
    let destination = super::destination::Destination::of_the_call();
    destination.is_some_and(|destination| !destination.is(name))
}

/// The built-in way knows none.
#[cfg(not(feature = "reqwest"))]
fn is_a_proxy(_: &str) -> bool {
    false
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
