//! The two ways of making connections.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use byod_runtime::{ByodBuilder, Location, reqwest};
use reqwest::dns::{Name, Resolve, Resolving};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    BuiltIn,
    Reqwest,
}

impl Way {
    pub(crate) const ALL: [Self; 2] = [Self::BuiltIn, Self::Reqwest];

    /// That of the module, for cases that are there once for each.
    pub(crate) fn of(module_path: &str) -> Self {
        match module_path.rsplit_once("::").unwrap().1 {
            "built_in" => Self::BuiltIn,
            "over_reqwest" => Self::Reqwest,
            other => panic!("{other}"),
        }
    }

    pub(crate) fn set(self, byod: ByodBuilder) -> ByodBuilder {
        match self {
            Self::BuiltIn => byod,
            Self::Reqwest => byod.http_client(contrary),
        }
    }
}

/// As figures are printed.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltIn => "byod's own connections",
            Self::Reqwest => "a client of reqwest",
        })
    }
}

/// A client that would do the contrary of what byod promises.
pub(crate) fn contrary(location: Location) -> reqwest::ClientBuilder {
    let soon = Duration::from_millis(1);
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::limited(10))
        .gzip(true)
        .timeout(soon)
        .read_timeout(soon)
        .connect_timeout(soon)
        .http2_initial_stream_window_size(1 << 30)
        .http2_initial_connection_window_size(1 << 30)
        .http2_adaptive_window(true)
        .connection_verbose(true);
    match location {
        Location::Main => client,
        Location::User => client.dns_resolver(Misleading),
    }
}

/// Says of every name that it stands for an address of a cloud's metadata.
struct Misleading;

impl Resolve for Misleading {
    fn resolve(&self, _: Name) -> Resolving {
        let address = SocketAddr::from(([169, 254, 169, 254], 80));
        Box::pin(async move { Ok(Box::new(std::iter::once(address)) as _) })
    }
}
