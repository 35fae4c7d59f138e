#[cfg(feature = "reqwest")]
use byod_schema::Location;

use super::ByodBuilder;
#[cfg(doc)]
use crate::error::Error;

/// How connections are made, to main and to users' deployments.
impl ByodBuilder {
    /// Trusts a certificate authority (PEM; one or several) besides the system's.
    ///
    /// The system's are its certificate store, or what `SSL_CERT_FILE` names;
    /// where there is none, Mozilla's are compiled in.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.root_certificates.push(pem.into());
        self
    }

    /// Whether calls go through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` or
    /// `ALL_PROXY` name (`http`, `https`, `socks4` or `socks5`, perhaps with a user and
    /// a password), but for the hosts in `NO_PROXY`. Default: no.
    ///
    /// Needs the feature `reqwest`; without it, [`build`](Self::build) is
    /// [`Error::Config`]. So it is where one of the variables names no such proxy: calls
    /// would go past it. Together with `http_client`, for clients that have no proxy of
    /// their own and where `no_proxy` isn't called.
    ///
    /// The proxy then finds out what the names of users' deployments stand for, so
    /// it is the proxy that has to refuse addresses of private networks.
    pub fn proxy_from_env(mut self, on: bool) -> Self {
        self.http.proxy_from_env = on;
        self
    }

    /// Makes connections with clients that you set up, in place of the built-in way: with
    /// proxies (SOCKS, or ones that ask for a password), client certificates, TLS of your
    /// own, or DNS of your own for main. Needs the feature `reqwest`.
    ///
    /// `client` is asked four times, for a builder can't be copied: twice for
    /// [`Location::Main`], twice for [`Location::User`], the deployments of users; calls and
    /// the sockets of what is watched have a client each, for sockets are of HTTP/1 alone. What
    /// only main may see, such as a client certificate or a header with a password,
    /// belongs to the first alone: users' deployments are in strangers' hands.
    ///
    /// ```
    /// use byod_runtime::{Byod, reqwest};
    ///
    /// # fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxy = reqwest::Proxy::all("http://user:password@proxy.internal:3128")?;
    /// let byod = Byod::builder()
    ///     .http_client(|_| reqwest::Client::builder().proxy(proxy.clone()));
    /// # Ok(()) }
    /// # run().unwrap();
    /// ```
    ///
    /// These are set over it:
    ///
    /// - Names of users' deployments are resolved and judged by byod; `dns_resolver` counts
    ///   for main alone, and `resolve` is believed. Behind a proxy it is the proxy that has
    ///   to refuse addresses of private networks, unless it is `socks4` or `socks5`
    ///   (without `a` or `h`), for which byod resolves names. The name of the proxy itself
    ///   may stand for any address.
    /// - No redirects, no retries and no decompression; the environment's proxies only with
    ///   [`proxy_from_env`](Self::proxy_from_env).
    /// - The time-outs of the builder and of each call, in place of the client's. A call's
    ///   own limit on connecting can only be shorter than
    ///   [`connect_timeout`](Self::connect_timeout).
    /// - The windows of HTTP/2, and no `connection_verbose`, which would log keys.
    /// - [`root_certificate`](Self::root_certificate) is trusted as well, unless TLS is
    ///   preconfigured.
    ///
    /// All else counts as you set it, for users' deployments too: what weakens TLS
    /// (`tls_danger_accept_invalid_certs`, `tls_sslkeylogfile`), the sizes of headers and
    /// of HTTP/2's frames, default headers. A jar for cookies would be shared by all users.
    ///
    /// Limits on answers hold as ever. Not so the closing of connections on which more
    /// comes than was asked for: there, a deployment that floods its connection costs what
    /// `reqwest` lets it cost.
    ///
    /// TLS takes the process's default `CryptoProvider` of `rustls`; where there is none,
    /// `ring` becomes it. The clients keep their connections for all callers: call from one
    /// tokio runtime, for connections end with that in which they were made.
    #[cfg(feature = "reqwest")]
    pub fn http_client(
        mut self,
        mut client: impl FnMut(Location) -> reqwest::ClientBuilder,
    ) -> Self {
        self.http.clients = Some(crate::deployment::HttpClients {
            main: client(Location::Main),
            users: client(Location::User),
            main_sockets: client(Location::Main),
            users_sockets: client(Location::User),
        });
        self
    }
}
