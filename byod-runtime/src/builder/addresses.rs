use std::io;
use std::net::IpAddr;

use super::ByodBuilder;

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
        self.addresses.allow(host.into());
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

    /// What names stand for, in place of what the system says. For tests.
    #[doc(hidden)]
    pub fn resolver(
        mut self,
        resolver: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        self.addresses.resolve(resolver);
        self
    }
}
