use std::net::IpAddr;

use hyper::Uri;

use super::allowed::Allowed;
use super::host::{HTTPS, Host, LOCALHOST, Written, part_under};
use super::ranges::Special;

/// Where Convex runs deployments: `<name>.convex.cloud`, `<name>.<region>.convex.cloud`.
const CONVEX_CLOUD: &str = "convex.cloud";

/// Names that mean nothing on the internet, or something else in each network.
const NOT_PUBLIC: [&str; 9] = [
    LOCALHOST, "local", "internal", "arpa", "test", "example", "invalid", "onion", "alt",
];

/// Decides where users' deployments may be.
#[derive(Debug, Default)]
pub(crate) struct AddressPolicy {
    /// Besides `*.convex.cloud`.
    pub(super) allowed: Vec<Allowed>,
    /// Any host that is on the internet.
    pub(super) any_public: bool,
    /// This machine, also over http.
    pub(super) development: bool,
}

impl AddressPolicy {
    /// The URL of a user's deployment, or what is wrong with it, as the rest of a
    /// sentence that begins with "the URL". What stands in it is not repeated: a key
    /// pasted into the wrong field would be shown.
    pub(crate) fn check(&self, text: &str) -> Result<Uri, &'static str> {
        let written = Written::parse(text)?;
        self.check_written(&written)?;
        written.url()
    }

    fn check_written(&self, written: &Written) -> Result<(), &'static str> {
        let Written {
            encrypted,
            ref host,
            port,
        } = *written;
        if self.development && host.is_this_machine() {
            return Ok(());
        }
        if !encrypted {
            return Err("is not encrypted (http://)");
        }
        let mut allowed = self.allowed.iter().filter(|allowed| allowed.has(host));
        if let Some(first) = allowed.next() {
            return match first.port == port || allowed.any(|other| other.port == port) {
                true => Ok(()),
                false => Err("names another port than this service allows for its host"),
            };
        }
        if host.is_under("convex.site") {
            return Err(
                "is the one for HTTP actions; the deployment's own ends in `.convex.cloud`",
            );
        }
        if host.is_under("convex.dev") {
            return Err(
                "is a page of Convex; the deployment's own ends in `.convex.cloud` and stands in its settings",
            );
        }
        match host {
            Host::Name(name) if is_convex_cloud(name) => {}
            Host::Name(name) if self.any_public => check_public(name)?,
            Host::Address(address) if self.any_public => {
                if let Some(special) = Special::of(*address) {
                    return Err(special.in_url());
                }
            }
            Host::Name(_) => return Err("names a host that this service does not allow"),
            Host::Address(_) => return Err("names an IP address in place of a host"),
        }
        match port {
            HTTPS => Ok(()),
            _ => Err("names a port"),
        }
    }

    /// What keeps an address that the name stands for from being connected to.
    ///
    /// What an operator named may be in a private network.
    pub(super) fn refuse(&self, name: &str, address: IpAddr) -> Option<Special> {
        let special = Special::of(address)?;
        let host = Host::Name(name.to_ascii_lowercase());
        let named = self.allowed.iter().any(|allowed| allowed.has(&host));
        let this_machine = self.development && host.is_this_machine() && address.is_loopback();
        let fine = this_machine || (named && special.is_of_private_networks());
        (!fine).then_some(special)
    }
}

/// Whether a name can be one of the internet.
fn check_public(name: &str) -> Result<(), &'static str> {
    if !name.contains('.') {
        return Err("names a host that is not on the internet: its name has no dot");
    }
    let last = name.rsplit('.').next();
    if NOT_PUBLIC.iter().any(|domain| last == Some(domain)) {
        return Err("names a host that is not on the internet: its domain is for private use");
    }
    Ok(())
}

fn is_convex_cloud(name: &str) -> bool {
    let Some(part) = part_under(name, CONVEX_CLOUD) else {
        return false;
    };
    // Convex gives no international names; they could only look like others.
    part.split('.').count() <= 2 && !part.split('.').any(|label| label.starts_with("xn--"))
}
