//! Why the app can't be served.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why the app can't be served. Its text says what to do.
#[derive(Debug)]
pub enum Failure {
    /// Node is missing, or older than the page needs.
    Node(String),
    /// A command that builds the page failed: which, and what it said.
    Build(&'static str, String),
    /// The page's files can't be read or written.
    Files(PathBuf, io::Error),
    /// There is something at that port already, or it may not be used.
    Port(u16, io::Error),
    /// A deployment inside the process doesn't start.
    Deployment(String),
    /// The service's settings don't fit together.
    Service(byod_runtime::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(found) => write!(
                f,
                "{found}: the page is built by Node 20.19 or newer with npm; install it from https://nodejs.org"
            ),
            Self::Build(command, said) => write!(f, "`{command}` failed:\n{said}"),
            Self::Files(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Port(port, error) => write!(
                f,
                "can't listen at port {port} of 127.0.0.1: {error}; choose another by `--port`"
            ),
            Self::Deployment(why) => write!(f, "a deployment doesn't start: {why}"),
            Self::Service(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}
