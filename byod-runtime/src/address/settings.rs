use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use super::allowed::Allowed;
use super::policy::AddressPolicy;
use super::resolver::{Resolver, Upstream};
use crate::error::Error;

/// Stands for any host of the internet in `BYOD_ALLOWED_HOSTS`.
const ANY: &str = "*";

/// What can be set about where users' deployments may be.
#[derive(Default)]
pub(crate) struct AddressSettings {
    /// Each with the name of the setting, for errors.
    allowed: Vec<(&'static str, String)>,
    pub(crate) any_public: bool,
    pub(crate) development: bool,
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
        });
        let resolver = Resolver::guarded(policy.clone(), self.upstream);
        Ok((policy, resolver))
    }
}

impl AddressSettings {
    /// A host, or `*.` and a domain, with `:port` for another port than 443.
    pub(crate) fn allow(&mut self, host: String) {
        self.allowed.push(("allow_host", host));
    }

    /// What names stand for, in place of what the system says.
    pub(crate) fn resolve(
        &mut self,
        resolver: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) {
        self.upstream = Upstream::Given(Arc::new(resolver));
    }
}

/// How many hosts, not which: one may be a key that was pasted into the wrong setting.
impl fmt::Debug for AddressSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressSettings")
            .field("allowed", &self.allowed.len())
            .field("any_public", &self.any_public)
            .field("development", &self.development)
            .finish_non_exhaustive()
    }
}
