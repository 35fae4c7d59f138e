//! Why a socket is of no use any more.

/// Why a socket is of no use any more. Whatever it is, what is watched stays so, and goes on with the next socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Something is lost or out of order, which another socket mends.
    #[error("the socket has to be opened anew: {0}")]
    Reconnect(&'static str),
    /// Who the client says it is was not believed: it needs another [`Token`](crate::Token) before the next socket.
    #[error("the deployment refuses who calls: {0}")]
    Auth(String),
    /// The deployment says that the client made a mistake. The next socket begins from nothing, which may help; it is
    /// in no hurry.
    #[error("the deployment ended the connection for good: {0}")]
    Fatal(String),
}
