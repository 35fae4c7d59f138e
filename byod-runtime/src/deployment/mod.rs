//! One deployment over HTTP. It knows no users.

pub(crate) mod answer;
mod auth;
mod body;
mod claim;
mod claim_refusal;
mod client;
mod context;
mod deadline;
mod endpoint;
mod health;
pub(crate) mod http;
mod jwt;
mod limits;
mod observer;
mod push;
mod retry;
pub(crate) mod sockets;
mod values;

pub(crate) use auth::Auth;
pub use auth::{DeployKey, Token};
pub(crate) use claim::Owner;
pub use claim::Released;
pub use client::Client;
pub(crate) use context::{CallContext, Older};
pub(crate) use deadline::{Deadline, YEAR};
pub(crate) use endpoint::{UrlText, operators_url, shown_host};
pub(crate) use health::{Deployments, is_failing};
#[cfg(feature = "reqwest")]
pub(crate) use http::HttpClients;
pub(crate) use http::{Http, HttpSettings};
pub(crate) use limits::Limits;
pub(crate) use observer::Observer;
pub use push::Bundle;
pub(crate) use push::NotPushed;
