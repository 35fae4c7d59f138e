//! What the page asks.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use byod_fleet::Row;
use byod_runtime::{Byod, HistoryEntry, Moving, ProblemDetails, UserDatabaseConfig};
use serde::{Deserialize, Serialize};

use super::following::{Following, Present};
use super::summary::{Asked, Line, Listed};
use crate::open_streams::{Ending, OpenStreams};
use crate::settings::Settings;

/// How many pages may look at once at one gateway.
const LOOKING: usize = 16;

/// What all that is asked shares.
#[derive(Clone)]
pub(super) struct Admin(Arc<Shared>);

pub(super) struct Shared {
    pub(super) byod: Byod,
    pub(super) ending: Ending,
    pub(super) streams: OpenStreams,
    present: Present,
    /// How many users are listed.
    most: usize,
}

impl Admin {
    pub(super) fn new(byod: Byod, settings: &Settings) -> Self {
        Self(Arc::new(Shared {
            byod,
            ending: settings.ending.clone(),
            most: settings.listed_users,
            streams: OpenStreams::new(LOOKING),
            present: Present::default(),
        }))
    }

    /// What is known of all users.
    pub(super) fn following(&self) -> Following {
        self.0.present.get(&self.0.byod, self.0.most)
    }
}

impl std::ops::Deref for Admin {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Who is asked for.
#[derive(Deserialize)]
pub(super) struct Who {
    id: String,
}

/// One user's deployment, as main has it now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct One {
    #[serde(flatten)]
    line: Line,
    created: f64,
    updated: f64,
    moving: Option<Moving>,
    /// `None` where main's functions are older than that.
    history: Option<Vec<HistoryEntry>>,
}

pub(super) async fn fleet(State(admin): State<Admin>) -> Response {
    let fleet = admin.following().summary().fleet();
    Json(&*fleet).into_response()
}

pub(super) async fn users(
    State(admin): State<Admin>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Listed>, ProblemDetails> {
    let Query(asked) = asked.map_err(|_| malformed())?;
    let listed = admin.following().summary().list(&asked);
    Ok(Json(listed))
}

pub(super) async fn user(
    State(admin): State<Admin>,
    who: Result<Query<Who>, QueryRejection>,
) -> Result<Json<One>, ProblemDetails> {
    let Query(Who { id }) = who.map_err(|_| malformed())?;
    let Some(record) = admin.byod.user_record(id.as_str()).await? else {
        let detail = "Nobody of that id has a record.";
        return Err(ProblemDetails::new(404, "no_record", detail));
    };
    let history = admin.byod.history(id.as_str()).await?;
    Ok(Json(One::of(record, history)))
}

impl One {
    fn of(record: UserDatabaseConfig, history: Option<Vec<HistoryEntry>>) -> Self {
        let (created, updated) = (record.created_at, record.updated_at);
        let moving = record.moving.clone();
        Self {
            line: Line::of(&Row::from(record)),
            created,
            updated,
            moving,
            history,
        }
    }
}

fn malformed() -> ProblemDetails {
    let detail = "What is asked for can't be read: `version`, `offset` and `limit` are numbers, and `user` takes an `id`.";
    ProblemDetails::new(400, "malformed", detail)
}
