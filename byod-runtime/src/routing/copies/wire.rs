//! What is asked of main and of users' deployments for copies: the functions that
//! `byod export` and `byod export --main` write.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::deployment::{Client, Deadline};
use crate::error::{Endpoint, Error};

const READ: &str = "byod/mirror:read";
const STATE: &str = "byod/mirror:state";
const WRITE: &str = "byod/mirror:write";

/// Whose copies, and where they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose<'a> {
    /// The user's id on main.
    pub(crate) user: &'a str,
    pub(crate) subject: &'a str,
    /// The user's deployment, and by what its credentials are told from others.
    pub(crate) client: &'a Client,
    pub(crate) fingerprint: u64,
}

/// The user's documents, as main gave them.
#[derive(Debug, Deserialize)]
pub(super) struct Brought {
    /// When main was asked, by its clock, in milliseconds since 1970.
    at: f64,
    /// They are handed on as they came.
    pub(super) tables: Box<RawValue>,
}

/// What is on a user's deployment.
#[derive(Debug, Deserialize)]
pub(super) struct State {
    pub(super) at: f64,
    pub(super) digest: String,
}

/// What became of what was sent there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Written {
    #[serde(rename = "written")]
    Anew,
    Unchanged,
    /// Nothing: another process had asked main later.
    Older,
}

pub(super) async fn read(
    main: &Client,
    user: &str,
    subject: &str,
    deadline: Deadline,
) -> Result<Brought, Error> {
    #[derive(Serialize)]
    struct Args<'a> {
        user: &'a str,
        subject: &'a str,
    }
    let args = Args { user, subject };
    main.call(Endpoint::Query, READ, &args, deadline).await
}

pub(super) async fn state(
    client: &Client,
    subject: &str,
    deadline: Deadline,
) -> Result<Option<State>, Error> {
    #[derive(Serialize)]
    struct Args<'a> {
        subject: &'a str,
    }
    let args = Args { subject };
    client.call(Endpoint::Query, STATE, &args, deadline).await
}

pub(super) async fn write(
    whose: Whose<'_>,
    brought: &Brought,
    digest: &str,
    deadline: Deadline,
) -> Result<Written, Error> {
    #[derive(Serialize)]
    struct Args<'a> {
        subject: &'a str,
        user: &'a str,
        at: f64,
        digest: &'a str,
        tables: &'a RawValue,
    }
    let args = Args {
        subject: whose.subject,
        user: whose.user,
        at: brought.at,
        digest,
        tables: &brought.tables,
    };
    let client = whose.client;
    client
        .call(Endpoint::Mutation, WRITE, &args, deadline)
        .await
}

/// By which what is there is told from what main gives.
pub(super) fn digest(tables: &RawValue) -> String {
    hex::encode(Sha256::digest(tables.get().as_bytes()))
}
