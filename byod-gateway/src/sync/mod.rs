//! Convex's sync protocol, for clients that watch: one socket of a client, behind which are main and the deployment of the
//! user who it is.

mod caller;
mod clock;
mod held;
mod main_side;
mod nobody;
mod own_side;
mod requests;
mod shared;
mod side;
mod socket;
mod view;

pub(crate) use socket::routes;
