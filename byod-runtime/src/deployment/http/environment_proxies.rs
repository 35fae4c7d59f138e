//! The proxies that the environment names, where they are asked for.

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use crate::error::Error;

/// Where a proxy may be named; of two names, the first that is set counts.
const VARIABLES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["HTTP_PROXY", "http_proxy"],
    ["ALL_PROXY", "all_proxy"],
];

/// Where it is set, clients take no proxy from the environment.
const CGI: &str = "REQUEST_METHOD";

/// Whether clients can use what the environment names. Where they can't, they go past it,
/// straight to the deployment, and say nothing.
pub(super) fn check() -> Result<(), Error> {
    for names in VARIABLES {
        let value = |name| Some((name, std::env::var_os(name)?));
        let set = names.into_iter().find_map(value);
        let Some((name, value)) = set.filter(|(_, value)| !value.is_empty()) else {
            continue;
        };
        if std::env::var_os(CGI).is_some() {
            return Err(Error::config(format!(
                "proxy_from_env: {name} counts for nothing where {CGI} is set, as for CGI, whose \
                 callers could set a proxy; unset one of the two"
            )));
        }
        // It may hold a password.
        if !value.to_str().is_some_and(is_usable) {
            return Err(Error::config(format!(
                "proxy_from_env: {name} is not the URL of a proxy that can be used; set it as \
                 http://host:port (or https, socks4, socks4a, socks5, socks5h), with %-escapes \
                 in a user and a password"
            )));
        }
    }
    Ok(())
}

/// As clients read it.
fn is_usable(proxy: &str) -> bool {
    let matcher = Matcher::builder().all(proxy).build();
    matcher.intercept(&Uri::from_static("https://a")).is_some()
}
