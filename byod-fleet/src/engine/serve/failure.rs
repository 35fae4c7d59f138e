//! Why a worker can't go on.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a worker can't go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Main isn't said, or its keys aren't.
    Settings(byod_runtime::Error),
    /// The folder of bundles can't be used.
    Bundles(crate::Error),
    /// What was given as an identity key is none.
    Identity(String),
    /// Anybody who reaches it could call it.
    Open(SocketAddr),
    /// It can't listen.
    Listen(SocketAddr, io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(error) => error.fmt(f),
            Self::Bundles(error) => write!(f, "--bundles: {error}"),
            Self::Identity(why) => write!(
                f,
                "--identity-key: {why}; the engine's log says its key when it starts with `request-identity-private-key-pem-file`"
            ),
            Self::Open(address) => write!(
                f,
                "at {address} whoever reaches it could have users' deployments pushed to and their data moved. Give the engine's --identity-key, \
                 or listen at 127.0.0.1; --trust-network where nobody else is in the network"
            ),
            Self::Listen(address, error) => write!(f, "can't listen at {address}: {error}"),
        }
    }
}

impl std::error::Error for Failure {}
