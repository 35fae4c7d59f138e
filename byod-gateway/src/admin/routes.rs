//! What an operator may ask.

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::get;
use byod_runtime::Byod;

use super::access::{Access, check};
use super::api::{Admin, fleet, user, users};
use super::live::events;
use super::page;
use crate::callers::OperatorToken;
use crate::settings::Settings;

/// The page, which anybody may have, and what it asks, which takes the token.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    byod: Byod,
    token: OperatorToken,
    settings: &Settings,
) -> Router<S> {
    let api = Router::new()
        .route("/fleet", get(fleet))
        .route("/users", get(users))
        .route("/user", get(user))
        .route("/events", get(events))
        .layer(from_fn_with_state(Access::new(token), check))
        .with_state(Admin::new(byod, settings));
    Router::new()
        .route("/", get(page::html))
        .route("/page.js", get(page::script))
        .route("/page.css", get(page::style))
        .nest("/api", api)
        .layer(map_response(page::guarded))
}
