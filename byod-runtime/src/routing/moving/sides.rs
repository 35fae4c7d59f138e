//! What both sides of a move are asked, by `byod/moving` of either.

use std::time::Duration;

use byod_schema::Validator;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::calls::Calls;
use super::state::again;
use super::wire::{
    Children, Document, Documents, File, Listed, Next, Noted, Page, Pass, Plan, Removed, Row,
    Survey, Tables, Verified, Written,
};
use crate::deployment::Client;
use crate::error::{Endpoint, Error};
use crate::users::UserId;

/// One side, asked about one user.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) client: Client,
    pub(super) user: UserId,
    pub(super) subject: String,
    /// Where it is, unless it is main: files come from nowhere else.
    pub(super) origin: Option<String>,
    pub(super) calls: Calls,
}

#[derive(Serialize)]
struct With<'a, A> {
    user: &'a str,
    subject: &'a str,
    #[serde(flatten)]
    args: A,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Of<'a> {
    #[serde(rename = "move", skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parents: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    olds: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<&'a [Row]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<&'a [Document]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_final: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rings: Option<&'static str>,
}

const NOTHING: Of<'static> = Of {
    id: None,
    table: None,
    parent: None,
    state: None,
    cursor: None,
    count: None,
    parents: None,
    ids: None,
    olds: None,
    old: None,
    reason: None,
    rows: None,
    round: None,
    documents: None,
    is_final: None,
    rings: None,
};

/// How long a file may take.
const FETCHING: Duration = Duration::from_secs(300);

/// How many rows are asked for at once.
const ROWS: usize = 400;

impl Side {
    async fn ask<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        name: &str,
        args: impl Serialize,
    ) -> Result<T, Error> {
        self.calls.take().map_err(|reason| Error::NotMoved {
            user: self.user.as_str().into(),
            reason: reason.into(),
        })?;
        again(&self.client, endpoint, name, &self.with(args)).await
    }

    fn with<A>(&self, args: A) -> With<'_, A> {
        With {
            user: self.user.as_str(),
            subject: &self.subject,
            args,
        }
    }

    async fn query<T: DeserializeOwned>(&self, name: &str, of: Of<'_>) -> Result<T, Error> {
        self.ask(Endpoint::Query, name, of).await
    }

    async fn mutation<T: DeserializeOwned>(&self, name: &str, of: Of<'_>) -> Result<T, Error> {
        self.ask(Endpoint::Mutation, name, of).await
    }

    pub(super) async fn plan(&self) -> Result<Plan, Error> {
        #[derive(Serialize)]
        struct Nothing {}
        let path = "byod/moving:plan";
        let text: String = again(&self.client, Endpoint::Query, path, &Nothing {}).await?;
        // In its order, which a map would lose.
        let tables: Tables = serde_json::from_str(&text).map_err(|error| {
            Error::config(format!(
                "`{path}` of {} can't be read: {error}. Export both projects again, and deploy them",
                self.client.host()
            ))
        })?;
        Ok(tables.0)
    }

    pub(super) async fn page(
        &self,
        table: &str,
        parent: Option<&str>,
        cursor: Option<&str>,
        count: usize,
    ) -> Result<Page, Error> {
        let of = Of {
            table: Some(table),
            parent,
            cursor: Some(cursor),
            count: Some(count),
            ..NOTHING
        };
        self.query("byod/moving:page", of).await
    }

    pub(super) async fn children(
        &self,
        table: &str,
        parents: &[String],
        count: usize,
    ) -> Result<Children, Error> {
        let of = Of {
            table: Some(table),
            parents: Some(parents),
            count: Some(count),
            ..NOTHING
        };
        self.query("byod/moving:children", of).await
    }

    pub(super) async fn documents(&self, table: &str, ids: &[String]) -> Result<Documents, Error> {
        let of = Of {
            table: Some(table),
            ids: Some(ids),
            ..NOTHING
        };
        self.query("byod/moving:documents", of).await
    }

    pub(super) async fn survey(
        &self,
        table: &str,
        ids: &[String],
        staying: &[String],
        takes: Option<&Validator>,
    ) -> Result<Survey, Error> {
        #[derive(Serialize)]
        struct Args<'a> {
            table: &'a str,
            ids: &'a [String],
            staying: &'a [String],
            #[serde(skip_serializing_if = "Option::is_none")]
            takes: Option<String>,
        }
        let takes = takes.map(|takes| serde_json::to_string(takes).unwrap_or_default());
        let args = Args {
            table,
            ids,
            staying,
            takes,
        };
        self.ask(Endpoint::Query, "byod/moving:survey", args).await
    }

    pub(super) async fn remove(&self, table: &str, rows: &[Noted]) -> Result<Removed, Error> {
        #[derive(Serialize)]
        struct Gone<'a> {
            old: &'a str,
            hash: &'a str,
        }
        #[derive(Serialize)]
        struct Args<'a> {
            table: &'a str,
            rows: Vec<Gone<'a>>,
        }
        let rows = rows.iter().map(|row| Gone {
            old: &row.old,
            hash: &row.hash,
        });
        let rows = rows.collect();
        let args = Args { table, rows };
        self.ask(Endpoint::Mutation, "byod/moving:remove", args)
            .await
    }

    pub(super) async fn list(
        &self,
        id: &str,
        table: &str,
        rows: &[Row],
        round: Option<u64>,
    ) -> Result<Listed, Error> {
        let mut listed = Listed::default();
        for rows in rows.chunks(ROWS) {
            let of = Of {
                id: Some(id),
                table: Some(table),
                rows: Some(rows),
                round,
                ..NOTHING
            };
            let some: Listed = self.mutation("byod/moving:list", of).await?;
            listed.added += some.added;
            listed.changed += some.changed;
        }
        Ok(listed)
    }

    pub(super) async fn prune(&self, id: &str, table: &str, round: u64) -> Result<(), Error> {
        let mut cursor: Option<String> = None;
        loop {
            let of = Of {
                id: Some(id),
                table: Some(table),
                round: Some(round),
                cursor: Some(cursor.as_deref()),
                ..NOTHING
            };
            cursor = self.mutation("byod/moving:prune", of).await?;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    pub(super) async fn next(
        &self,
        id: &str,
        table: &str,
        state: Option<&str>,
        cursor: Option<&str>,
        count: usize,
    ) -> Result<Next, Error> {
        let of = Of {
            id: Some(id),
            table: Some(table),
            state,
            cursor: Some(cursor),
            count: Some(count),
            ..NOTHING
        };
        self.query("byod/moving:next", of).await
    }

    pub(super) async fn write(
        &self,
        id: &str,
        table: &str,
        documents: &[Document],
        pass: Pass,
    ) -> Result<Written, Error> {
        let of = Of {
            id: Some(id),
            table: Some(table),
            documents: Some(documents),
            is_final: Some(pass == Pass::Final),
            rings: pass.rings(),
            ..NOTHING
        };
        self.mutation("byod/moving:write", of).await
    }

    pub(super) async fn keep(&self, id: &str, old: &str, reason: &str) -> Result<(), Error> {
        let of = Of {
            id: Some(id),
            old: Some(old),
            reason: Some(reason),
            ..NOTHING
        };
        let _: Option<()> = self.mutation("byod/moving:keep", of).await?;
        Ok(())
    }

    pub(super) async fn again(&self, id: &str, olds: &[String]) -> Result<(), Error> {
        for olds in olds.chunks(ROWS) {
            let of = Of {
                id: Some(id),
                olds: Some(olds),
                ..NOTHING
            };
            let _: Option<()> = self.mutation("byod/moving:again", of).await?;
        }
        Ok(())
    }

    pub(super) async fn verify(
        &self,
        id: &str,
        table: &str,
        cursor: Option<&str>,
        count: usize,
    ) -> Result<Verified, Error> {
        let of = Of {
            id: Some(id),
            table: Some(table),
            cursor: Some(cursor),
            count: Some(count),
            ..NOTHING
        };
        self.query("byod/moving:verify", of).await
    }

    /// Removes what has come, some at a time; `false` once there is nothing.
    pub(super) async fn clear(&self, id: &str, count: usize) -> Result<bool, Error> {
        let of = Of {
            id: Some(id),
            count: Some(count),
            ..NOTHING
        };
        self.mutation("byod/moving:clear", of).await
    }

    /// The same for what is known of it alone.
    pub(super) async fn forget(&self, id: &str) -> Result<bool, Error> {
        let of = Of {
            id: Some(id),
            count: Some(ROWS),
            ..NOTHING
        };
        self.mutation("byod/moving:forget", of).await
    }

    /// Which of the files have come.
    pub(super) async fn files(&self, id: &str, olds: &[String]) -> Result<Vec<String>, Error> {
        let of = Of {
            id: Some(id),
            olds: Some(olds),
            ..NOTHING
        };
        self.query("byod/moving:files", of).await
    }

    /// Has the file fetched from the other side; whether it is the same now.
    pub(super) async fn fetch(&self, id: &str, file: &File, from: &Side) -> Result<bool, Error> {
        #[derive(Serialize)]
        struct Args<'a> {
            #[serde(rename = "move")]
            id: &'a str,
            origin: Option<&'a str>,
            #[serde(flatten)]
            file: &'a File,
        }
        let origin = from.origin.as_deref();
        let args = self.with(Args { id, origin, file });
        let client = self.client.with_timeout(FETCHING);
        // One document may name very many, so these are not counted.
        again(&client, Endpoint::Action, "byod/moving:fetched", &args).await
    }
}
