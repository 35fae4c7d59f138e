//! Requests to deployments, and what their answers say of them as HTTP.

#[cfg(feature = "reqwest")]
mod configured;
mod connect_limit;
#[cfg(feature = "reqwest")]
mod environment_proxies;
mod failure;
mod floods;
mod guard;
mod metered;
mod pool;
mod reading;
mod requests;
mod settings;
mod silence;
mod sockets;
mod tcp;

#[cfg(feature = "reqwest")]
pub(crate) use configured::Clients as HttpClients;
pub(crate) use failure::refused;
pub(crate) use floods::Floods;
pub(crate) use metered::is_flood;
pub(crate) use requests::{Http, is_answer};
pub(crate) use settings::HttpSettings;
pub(crate) use sockets::{NoSocket, WebSocket};
