use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use url::Url;

use super::allowed::Allowed;
use super::policy::AddressPolicy;
use super::resolver::{Resolver, Upstream};
use crate::builder::ByodBuilder;
use crate::error::Error;

/// Stands for any host of the internet in `BYOD_ALLOWED_HOSTS`.
const ANY: &str = "*";

/// What can be set about where users' deployments may be.
#[derive(Default)]
pub(crate) struct AddressSettings {
    /// Each with the name of the setting, for errors.
    allowed: Vec<(&'static str, String)>,
    any_public: bool,
    development: bool,
    proxy_from_env: bool,
    upstream: Upstream,
}

impl AddressSettings {
    /// From a list, separated by commas.
    pub(crate) fn from_list(setting: &'static str, list: &str) -> Self {
        let mut settings = Self::default();
        let entries = list.split(',').map(str::trim);
        for entry in entries.filter(|entry| !entry.is_empty()) {
            match entry {
                ANY => settings.any_public = true,
                host => settings.allowed.push((setting, host.to_owned())),
            }
        }
        settings
    }

    pub(crate) fn proxy_from_env(&self) -> bool {
        self.proxy_from_env
    }

    /// What decides about URLs, and what about the addresses of names.
    pub(crate) fn build(self) -> Result<(Arc<AddressPolicy>, Resolver), Error> {
        let parse = |(setting, host): &(&str, String)| {
            Allowed::parse(host).map_err(|problem| {
                Error::config(format!(
                    "{setting}: an entry {problem}; expected `convex.example.org`, `convex.example.org:3210` or `*.example.org`"
                ))
            })
        };
        let allowed = self.allowed.iter().map(parse).collect::<Result<_, _>>()?;
        let policy = Arc::new(AddressPolicy {
            allowed,
            any_public: self.any_public,
            development: self.development,
            proxies: match self.proxy_from_env {
                true => proxies(|name| std::env::var(name).ok()),
                false => Vec::new(),
            },
        });
        let resolver = Resolver::guarded(policy.clone(), self.upstream);
        Ok((policy, resolver))
    }
}

/// How many hosts, not which: one may be a key that was pasted into the wrong setting.
impl fmt::Debug for AddressSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressSettings")
            .field("allowed", &self.allowed.len())
            .field("any_public", &self.any_public)
            .field("development", &self.development)
            .field("proxy_from_env", &self.proxy_from_env)
            .finish_non_exhaustive()
    }
}

/// The hosts of the proxies that the HTTP client takes from the environment.
pub(super) fn proxies(var: impl Fn(&str) -> Option<String>) -> Vec<String> {
    const NAMES: [&str; 6] = [
        "ALL_PROXY",
        "all_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
    ];
    let host = |text: String| {
        let url = match text.contains("://") {
            true => Url::parse(&text),
            false => Url::parse(&format!("http://{text}")),
        };
        Some(url.ok()?.host_str()?.to_owned())
    };
    NAMES
        .iter()
        .filter_map(|name| var(name))
        .filter_map(host)
        .collect()
}

/// Where users' deployments may be. Main may be anywhere: its URL is the operator's.
///
/// Without these settings, at `https://<name>.convex.cloud` and
/// `https://<name>.<region>.convex.cloud` only. A URL is checked when it is stored
/// and when it is read; what its name stands for, whenever a connection is made.
impl ByodBuilder {
    /// Also allows users' deployments at this host: `convex.example.org`,
    /// `*.example.org` for all hosts under a domain, with `:port` for another port
    /// than 443. May be called several times.
    ///
    /// Unlike others, these hosts may be in a private network, so name only domains
    /// whose DNS you trust: whoever is in charge of it decides what the service
    /// connects to.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.addresses.allowed.push(("allow_host", host.into()));
        self
    }

    /// Whether users' deployments may be at any host of the internet, port 443.
    /// Default: no.
    ///
    /// Addresses of private networks, of this machine, of clouds' own services and
    /// all others that are not on the internet are refused, whichever name they have.
    /// A name that has such an address beside others is refused, too.
    pub fn allow_any_public_host(mut self, allow: bool) -> Self {
        self.addresses.any_public = allow;
        self
    }

    /// Whether users' deployments may be on this machine, at any port and also over
    /// `http://`: for development and tests. Default: no.
    pub fn development(mut self, on: bool) -> Self {
        self.addresses.development = on;
        self
    }

    /// Whether calls go through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` or
    /// `ALL_PROXY` name, but for the hosts in `NO_PROXY`. Default: no.
    ///
    /// The proxy then finds out what the names of users' deployments stand for, so
    /// it is the proxy that has to refuse addresses of private networks.
    pub fn proxy_from_env(mut self, on: bool) -> Self {
        self.addresses.proxy_from_env = on;
        self
    }

    /// What names stand for, in place of what the system says. For tests.
    #[doc(hidden)]
    pub fn resolver(
        mut self,
        resolver: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        self.addresses.upstream = Upstream::Given(Arc::new(resolver));
        self
    }
}
