use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;
use url::Url;

/// Longer than any URL of a deployment can be.
const LONGEST: usize = 300;

/// The port where a URL names none.
pub(super) const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// A URL as a stranger wrote it: scheme, host and port, and nothing else. What
/// other programs might read in another way is refused, not set right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) encrypted: bool,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// Where a deployment is: a name in lower case without a dot at its end, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Written {
    /// Or what is wrong with it, as the rest of a sentence that begins with "the URL".
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        // What comes along when a URL is copied.
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() {
            return Err("is empty");
        }
        if text.len() > LONGEST {
            return Err("is too long");
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("holds a space or a control character");
        }
        if !text.is_ascii() {
            return Err(
                "holds a character that is not ASCII, which may only look like another (an international name begins with `xn--`)",
            );
        }
        if text.contains('\\') {
            return Err("holds a backslash");
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("does not begin with `https://`");
        };
        let encrypted = match &*scheme.to_ascii_lowercase() {
            "https" => true,
            "http" => false,
            _ => return Err("has another scheme than https"),
        };
        if rest.contains('@') {
            return Err("holds a user name or password");
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err("holds more than scheme and host");
        }
        if rest.contains('%') {
            return Err("holds a percent sign");
        }
        let (host, port) = host_and_port(rest)?;
        let standard = if encrypted { HTTPS } else { HTTP };
        Ok(Self {
            encrypted,
            host,
            port: port.unwrap_or(standard),
        })
    }

    /// The URL, if browsers and HTTP clients read it as it was read here.
    pub(super) fn url(&self) -> Result<Uri, &'static str> {
        let scheme = if self.encrypted { "https" } else { "http" };
        let host = self.host.to_string();
        let url = Url::parse(&format!("{scheme}://{host}:{}", self.port));
        let same = |url: &Url| {
            url.host_str() == Some(&host) && url.port_or_known_default() == Some(self.port)
        };
        url.ok()
            .filter(same)
            .and_then(|url| Uri::try_from(url.as_str()).ok())
            .ok_or("holds a host that programs read in different ways")
    }
}

/// A host, and the port behind it if there is one.
pub(super) fn host_and_port(text: &str) -> Result<(Host, Option<u16>), &'static str> {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, rest)) = rest.split_once(']') else {
            return Err("holds an IPv6 address without `]`");
        };
        let address: Ipv6Addr = address
            .parse()
            .map_err(|_| "holds an IPv6 address that is none")?;
        let port = match rest.strip_prefix(':') {
            Some(text) => Some(port(text)?),
            None if rest.is_empty() => None,
            None => return Err("holds something behind `]`"),
        };
        return Ok((Host::Address(address.into()), port));
    }
    match text.split_once(':') {
        Some((_, rest)) if rest.contains(':') => {
            Err("holds several colons; an IPv6 address stands in `[…]`")
        }
        Some((host, text)) => Ok((Host::parse(host)?, Some(port(text)?))),
        None => Ok((Host::parse(text)?, None)),
    }
}

fn port(text: &str) -> Result<u16, &'static str> {
    const NONE: &str = "names a port that is none";
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || text.starts_with('0') {
        return Err(NONE);
    }
    text.parse().map_err(|_| NONE)
}

impl Host {
    /// A name, or an IPv4 address in its usual form.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.to_ascii_lowercase();
        if text.is_empty() {
            return Err("names no host");
        }
        if text.ends_with('.') {
            return Err("ends its host with a dot");
        }
        if text.len() > 253 || text.split('.').any(|label| label.len() > 63) {
            return Err("names a host that is longer than names are");
        }
        let dash = |label: &str| label.starts_with('-') || label.ends_with('-');
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        for label in text.split('.') {
            if label.is_empty() {
                return Err("names a host with an empty part between dots");
            }
            if dash(label) || !label.bytes().all(allowed) {
                return Err("names a host that is no domain name");
            }
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        if is_number(text.rsplit('.').next().unwrap_or_default()) {
            return Err("writes an IP address in an unusual form");
        }
        Ok(Self::Name(text))
    }

    /// Whether it is the machine that this program runs on.
    pub(super) fn is_this_machine(&self) -> bool {
        match self {
            Self::Name(name) => name == LOCALHOST,
            Self::Address(address) => address.is_loopback(),
        }
    }

    pub(super) fn is_under(&self, domain: &str) -> bool {
        matches!(self, Self::Name(name) if part_under(name, domain).is_some())
    }
}

pub(super) const LOCALHOST: &str = "localhost";

/// What stands before `.domain` in the name.
pub(super) fn part_under<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    name.strip_suffix(domain)?.strip_suffix('.')
}

/// Whether a name that ends in this part is read as an IPv4 address by some.
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x");
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}
