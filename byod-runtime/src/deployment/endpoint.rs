use std::fmt;
use std::sync::Arc;

use hyper::Uri;
use hyper::http::uri::{Authority, PathAndQuery};
use url::Url;

use crate::error::{Endpoint, Error};

/// A deployment's addresses. One for each of thousands of users: it holds little.
pub(crate) struct Endpoints {
    /// Without a slash at the end.
    pub(crate) url: Arc<str>,
    /// The one that most calls have; the others are made of it.
    query: Uri,
}

impl Endpoints {
    /// Of a URL that names scheme and host alone.
    pub(crate) fn new(base: &Uri) -> Self {
        Self {
            url: base.to_string().trim_end_matches('/').into(),
            query: at(base, Endpoint::Query.path()),
        }
    }

    /// With the port, where the URL names one.
    pub(crate) fn host(&self) -> &str {
        self.query.authority().map_or("", Authority::as_str)
    }

    pub(crate) fn of(&self, endpoint: Endpoint) -> Uri {
        match endpoint {
            Endpoint::Query => self.query.clone(),
            other => at(&self.query, other.path()),
        }
    }

    /// Where a function of whatever kind is run: `a/b:c` at `/api/run/a/b/c`.
    pub(crate) fn run(&self, function: &str) -> Uri {
        let at = Url::parse(&format!("{}{}", self.url, Endpoint::Run.path()));
        let path = at.ok().and_then(|mut at| {
            let parts = function.splitn(2, ':').flat_map(|part| part.split('/'));
            at.path_segments_mut().ok()?.extend(parts);
            PathAndQuery::try_from(at.path()).ok()
        });
        let nowhere = PathAndQuery::from_static(Endpoint::Run.path());
        with(&self.query, path.unwrap_or(nowhere))
    }
}

/// Another path of the same deployment.
fn at(base: &Uri, path: &'static str) -> Uri {
    with(base, PathAndQuery::from_static(path))
}

fn with(base: &Uri, path: PathAndQuery) -> Uri {
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(path);
    // Fails only where one of the three is missing.
    Uri::from_parts(parts).unwrap_or_default()
}

/// The URL of a deployment that the operator named; those of users are for
/// [`AddressPolicy`](crate::address::AddressPolicy) to judge.
pub(crate) fn operators_url(text: &str, allow_http: bool) -> Result<Uri, Error> {
    parse_url(text, allow_http).map_err(|problem| {
        Error::config(format!("deployment URL {problem}; expected https://host"))
    })
}

/// The URL, or what is wrong with it. What stands in it is not repeated: a key
/// pasted into the wrong setting would be shown.
fn parse_url(text: &str, allow_http: bool) -> Result<Uri, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("can't be parsed ({error})"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password".to_owned());
    }
    let Some(host) = url.host_str() else {
        return Err("names no host".to_owned());
    };
    if host == "convex.site" || host.ends_with(".convex.site") {
        return Err(
            "is the one for HTTP actions; the deployment's own ends in `.convex.cloud`".to_owned(),
        );
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("holds more than scheme and host".to_owned());
    }
    let uri = || {
        let uri = Uri::try_from(url.as_str());
        uri.map_err(|_| "names a host that HTTP can't be spoken with".to_owned())
    };
    match url.scheme() {
        "https" => uri(),
        "http" if allow_http || is_loopback(host) => uri(),
        "http" => Err(
            "is not encrypted (http://), which only a deployment on this machine may be; \
             `ByodBuilder::main_over_http` permits it for main in a private network"
                .to_owned(),
        ),
        _ => Err("has another scheme".to_owned()),
    }
}

/// A text that should be a URL, and may be a key that was pasted into the wrong
/// setting: `Debug` shows no more than the host of an `https` URL.
#[derive(Clone)]
pub(crate) struct UrlText(pub(crate) String);

impl fmt::Debug for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&shown_host(&self.0), f)
    }
}

/// The host of a text that parses as an `https` URL, for `Debug`.
pub(crate) fn shown_host(text: &str) -> String {
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| url.scheme() == "https");
    let host = url.as_ref().and_then(Url::host_str);
    host.map_or("…".to_owned(), |host| format!("https://{host}"))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_a_scheme_and_a_host() {
        for (url, expected) in [
            (
                "https://happy-animal-123.convex.cloud",
                "https://happy-animal-123.convex.cloud",
            ),
            (
                "https://convex.example.org:3210/",
                "https://convex.example.org:3210",
            ),
            (" https://exämple.org\n", "https://xn--exmple-cua.org"),
            ("http://127.0.0.1:3210", "http://127.0.0.1:3210"),
            ("http://[::1]:3210", "http://[::1]:3210"),
            ("http://localhost", "http://localhost"),
        ] {
            let url = operators_url(url, false).unwrap();
            assert_eq!(&*Endpoints::new(&url).url, expected);
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason_and_without_repeating_it() {
        for (url, reason) in [
            ("", "can't be parsed"),
            ("happy-animal-123", "can't be parsed"),
            ("prod:happy|geheim", "names no host"),
            ("ftp://geheim", "has another scheme"),
            ("geheim://host/", "has another scheme"),
            ("https://user:geheim@host", "user name or password"),
            ("https://host/geheim", "more than scheme and host"),
            ("https://host?geheim", "more than scheme and host"),
            ("https://host#geheim", "more than scheme and host"),
            ("https://gehe`im", "can't be spoken with"),
            ("http://192.168.0.7", "not encrypted"),
            ("http://localhost.geheim.org", "not encrypted"),
        ] {
            let error = operators_url(url, false).unwrap_err().to_string();
            assert!(error.contains(reason), "{url}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn debug_shows_a_host_or_nothing() {
        for (url, shown) in [
            (
                "https://happy-animal-123.convex.cloud",
                "https://happy-animal-123.convex.cloud",
            ),
            (
                "https://user:geheim@host/geheim?geheim#geheim",
                "https://host",
            ),
            ("prod:happy|geheim", "…"),
            ("geheim://geheim", "…"),
            ("geheim", "…"),
        ] {
            assert_eq!(format!("{:?}", UrlText(url.into())), format!("{shown:?}"));
        }
    }

    #[test]
    fn a_function_of_any_kind_is_at_its_own_path() {
        let url = operators_url("https://host:3210", false).unwrap();
        for (function, expected) in [
            ("messages:list", "messages/list"),
            ("a/b:c", "a/b/c"),
            ("notes", "notes"),
            ("a b/../ü?x:c#d", "a%20b/%C3%BC%3Fx/c%23d"),
        ] {
            let at = Endpoints::new(&url).run(function).to_string();
            assert_eq!(at, format!("https://host:3210/api/run/{expected}"));
        }
    }

    #[test]
    fn http_elsewhere_can_be_allowed() {
        let url = operators_url("http://convex.internal:3210", true).unwrap();
        assert_eq!(Endpoints::new(&url).host(), "convex.internal:3210");
    }
}
