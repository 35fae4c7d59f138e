use super::host::{HTTPS, Host, host_and_port, part_under};

/// What an operator allows: a host, or all under a domain, at one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    hosts: Hosts,
    pub(super) port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    One(Host),
    Under(String),
}

impl Allowed {
    /// `convex.example.org`, `*.example.org`, `10.0.0.7`, `[fd00::7]`, each perhaps
    /// with `:port`; or what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (wildcard, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (host, port) = host_and_port(rest)?;
        let hosts = match (wildcard, host) {
            (false, host) => Hosts::One(host),
            (true, Host::Name(domain)) => Hosts::Under(domain),
            (true, Host::Address(_)) => return Err("has `*.` before an IP address"),
        };
        Ok(Self {
            hosts,
            port: port.unwrap_or(HTTPS),
        })
    }

    pub(super) fn has(&self, host: &Host) -> bool {
        match (&self.hosts, host) {
            (Hosts::One(allowed), host) => allowed == host,
            (Hosts::Under(domain), Host::Name(name)) => part_under(name, domain).is_some(),
            (Hosts::Under(_), Host::Address(_)) => false,
        }
    }
}
