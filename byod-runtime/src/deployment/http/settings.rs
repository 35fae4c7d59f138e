//! What can be set about HTTP, and what comes of it.

use std::fmt;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

#[cfg(feature = "reqwest")]
use super::configured::{Clients, SetOver};
#[cfg(feature = "reqwest")]
use super::environment_proxies;
use super::requests::Http;
use crate::address::Resolver;
use crate::error::Error;

/// What can be set about HTTP.
#[derive(Default)]
pub(crate) struct HttpSettings {
    /// Trusted besides the system's own roots; as PEM.
    pub(crate) root_certificates: Vec<Vec<u8>>,
    /// Whether the environment's proxy is used.
    pub(crate) proxy_from_env: bool,
    /// Used in place of the built-in way.
    #[cfg(feature = "reqwest")]
    pub(crate) clients: Option<Clients>,
}

impl HttpSettings {
    /// Connections to main, and to users' deployments, whose names stand for what the
    /// resolver says; `connect` is the usual limit on connecting.
    pub(crate) fn build(self, users: Resolver, connect: Duration) -> Result<(Http, Http), Error> {
        let mut certificates = Vec::new();
        for pem in &self.root_certificates {
            certificates.extend(read_certificates(pem)?);
        }
        #[cfg(feature = "reqwest")]
        if self.clients.is_some() || self.proxy_from_env {
            if self.proxy_from_env {
                environment_proxies::check()?;
            }
            let over = SetOver {
                certificates: &certificates,
                proxy_from_env: self.proxy_from_env,
                connect,
            };
            let clients = match self.clients {
                Some(clients) => clients,
                None => Clients::like_built_in(&certificates)?,
            };
            let (main, users) = clients.build(&over, users)?;
            return Ok((Http::configured(main), Http::configured(users)));
        }
        if self.proxy_from_env {
            return Err(Error::config(
                "proxy_from_env needs the feature `reqwest` of byod-runtime; write \
                 `byod-runtime = { …, features = [\"reqwest\"] }` in Cargo.toml",
            ));
        }
        let built_in = |resolver| Http::built_in(&certificates, resolver, connect);
        Ok((built_in(Resolver::default())?, built_in(users)?))
    }
}

/// The certificates in a PEM text.
fn read_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Error::config(
            "root_certificate: no certificate in the PEM text",
        )),
        Err(error) => Err(Error::config(format!("root_certificate: not PEM: {error}"))),
    }
}

/// Without the clients, which may hold the passwords of proxies.
impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("root_certificates", &self.root_certificates.len())
            .field("proxy_from_env", &self.proxy_from_env)
            .finish_non_exhaustive()
    }
}
