//! What both sides of a move are asked, by `byod/moving` of either.

use std::time::Duration;

use byod_schema::Validator;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::at_once::{AtOnce, MOST};
use super::calls::Calls;
use super::refusal::is_refused;
use super::state::{again, again_unless};
use super::wire::{
    Children, Document, Documents, File, Next, Noted, Page, Pass, Plan, Removed, Row, Survey,
    Tables, Verified, Written,
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
    pub(super) at_once: AtOnce,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anew: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stays: Option<bool>,
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
    again: None,
    anew: None,
    stays: None,
};

/// How long a file may take.
const FETCHING: Duration = Duration::from_secs(300);

impl Side {
    async fn ask<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        name: &str,
        args: impl Serialize,
    ) -> Result<T, Error> {
        self.count_call()?;
        again(&self.client, endpoint, name, &self.with(args)).await
    }

    /// Asks for so many at the most: for fewer, where a call doesn't get that done in its time. Says how many it were.
    pub(super) async fn ask_some<T: DeserializeOwned, A: Serialize>(
        &self,
        endpoint: Endpoint,
        name: &str,
        most: usize,
        args: impl Fn(usize) -> A,
    ) -> Result<(usize, T), Error> {
        loop {
            self.count_call()?;
            let count = most.min(self.at_once.get());
            let are_many = |error: &Error| count > 1 && matches!(error, Error::Timeout { .. });
            let args = self.with(args(count));
            match again_unless(are_many, &self.client, endpoint, name, &args).await {
                Err(error) if are_many(&error) => self.at_once.too_many(count),
                Err(error) => return Err(error),
                Ok(answer) => {
                    self.at_once.done(count);
                    return Ok((count, answer));
                }
            }
        }
    }

    /// The same where so many may be too much for one transaction: then it is asked for fewer.
    pub(super) async fn ask_parts<T: DeserializeOwned, A: Serialize>(
        &self,
        endpoint: Endpoint,
        name: &str,
        mut most: usize,
        args: impl Fn(usize) -> A,
    ) -> Result<(usize, T), Error> {
        loop {
            match self.ask_some(endpoint, name, most, &args).await {
                Err(error) if is_refused(&error) && most > 1 => most /= 2,
                answer => return answer,
            }
        }
    }

    async fn query_some<'a, T: DeserializeOwned>(
        &self,
        name: &str,
        most: usize,
        of: impl Fn(usize) -> Of<'a>,
    ) -> Result<T, Error> {
        let (_, answer) = self.ask_some(Endpoint::Query, name, most, of).await?;
        Ok(answer)
    }

    fn count_call(&self) -> Result<(), Error> {
        self.calls.take().map_err(|reason| Error::NotMoved {
            user: self.user.as_str().into(),
            reason: reason.into(),
        })
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
        let of = |count| Of {
            table: Some(table),
            parent,
            cursor: Some(cursor),
            count: Some(count),
            ..NOTHING
        };
        self.query_some("byod/moving:page", count, of).await
    }

    pub(super) async fn children(
        &self,
        table: &str,
        parents: &[String],
        count: usize,
    ) -> Result<Children, Error> {
        let of = |few: usize| Of {
            table: Some(table),
            parents: Some(&parents[..few]),
            count: Some(count),
            ..NOTHING
        };
        let name = "byod/moving:children";
        self.query_some(name, parents.len(), of).await
    }

    pub(super) async fn documents(&self, table: &str, ids: &[String]) -> Result<Documents, Error> {
        let of = |count: usize| Of {
            table: Some(table),
            ids: Some(&ids[..count]),
            ..NOTHING
        };
        let name = "byod/moving:documents";
        self.query_some(name, ids.len(), of).await
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
        let args = |count: usize| Args {
            table,
            ids: &ids[..count],
            staying,
            takes: takes.clone(),
        };
        let name = "byod/moving:survey";
        let (_, survey) = self
            .ask_some(Endpoint::Query, name, ids.len(), args)
            .await?;
        Ok(survey)
    }

    /// Deletes these where they were. How many have changed, and stay.
    pub(super) async fn remove(&self, table: &str, rows: &[Noted]) -> Result<f64, Error> {
        #[derive(Serialize)]
        struct Gone<'a> {
            old: &'a str,
            hash: &'a str,
        }
        impl<'a> Gone<'a> {
            fn of(Noted { old, hash, .. }: &'a Noted) -> Self {
                Self { old, hash }
            }
        }
        #[derive(Serialize)]
        struct Args<'a> {
            table: &'a str,
            rows: Vec<Gone<'a>>,
        }
        let (mut changed, mut left) = (0.0, rows);
        while !left.is_empty() {
            let args = |count: usize| Args {
                table,
                rows: left[..count].iter().map(Gone::of).collect(),
            };
            let name = "byod/moving:remove";
            let (count, removed): (_, Removed) = self
                .ask_parts(Endpoint::Mutation, name, left.len(), args)
                .await?;
            changed += removed.changed;
            left = &left[count..];
        }
        Ok(changed)
    }

    pub(super) async fn list(
        &self,
        id: &str,
        table: &str,
        rows: &[Row],
        round: u64,
        again: bool,
        anew: bool,
    ) -> Result<(), Error> {
        let mut left = rows;
        while !left.is_empty() {
            let of = |count: usize| Of {
                id: Some(id),
                table: Some(table),
                rows: Some(&left[..count]),
                round: Some(round),
                again: again.then_some(true),
                anew: anew.then_some(true),
                ..NOTHING
            };
            let name = "byod/moving:list";
            let (count, _): (_, IgnoredAny) = self
                .ask_parts(Endpoint::Mutation, name, left.len(), of)
                .await?;
            left = &left[count..];
        }
        Ok(())
    }

    /// Removes what the round didn't list, some at a time; where it goes on.
    pub(super) async fn prune(
        &self,
        id: &str,
        table: &str,
        round: u64,
        cursor: Option<&str>,
        count: Option<usize>,
        stays: bool,
    ) -> Result<Option<String>, Error> {
        let of = Of {
            stays: stays.then_some(true),
            id: Some(id),
            table: Some(table),
            round: Some(round),
            cursor: Some(cursor),
            count,
            ..NOTHING
        };
        self.mutation("byod/moving:prune", of).await
    }

    pub(super) async fn next(
        &self,
        id: &str,
        table: &str,
        state: Option<&str>,
        cursor: Option<&str>,
        count: usize,
    ) -> Result<Next, Error> {
        let of = |count| Of {
            id: Some(id),
            table: Some(table),
            state,
            cursor: Some(cursor),
            count: Some(count),
            ..NOTHING
        };
        self.query_some("byod/moving:next", count, of).await
    }

    /// Writes some of them, from the first; says how many.
    pub(super) async fn write(
        &self,
        id: &str,
        table: &str,
        documents: &[Document],
        pass: Pass,
    ) -> Result<(usize, Written), Error> {
        let of = |count: usize| Of {
            id: Some(id),
            table: Some(table),
            documents: Some(&documents[..count]),
            is_final: Some(pass == Pass::Final),
            rings: pass.rings(),
            ..NOTHING
        };
        let name = "byod/moving:write";
        self.ask_some(Endpoint::Mutation, name, documents.len(), of)
            .await
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

    /// Has these taken again, but for those that another has listed since that round.
    pub(super) async fn again(
        &self,
        id: &str,
        olds: &[String],
        mut round: Option<u64>,
    ) -> Result<(), Error> {
        let mut left = olds;
        while !left.is_empty() {
            let of = |count: usize| Of {
                id: Some(id),
                olds: Some(&left[..count]),
                round,
                ..NOTHING
            };
            let name = "byod/moving:again";
            let asked = self.ask_some(Endpoint::Mutation, name, left.len(), of);
            match asked.await {
                Ok((count, None::<()>)) | Ok((count, Some(()))) => left = &left[count..],
                // Sides that were exported before know of none.
                Err(error) if is_refused(&error) && round.is_some() => round = None,
                Err(error) => return Err(error),
            }
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
        let of = |count| Of {
            id: Some(id),
            table: Some(table),
            cursor: Some(cursor),
            count: Some(count),
            ..NOTHING
        };
        self.query_some("byod/moving:verify", count, of).await
    }

    /// Removes what has come, some at a time; `false` once there is nothing.
    pub(super) async fn clear(&self, id: &str, count: usize) -> Result<bool, Error> {
        let of = |count| Of {
            id: Some(id),
            count: Some(count),
            ..NOTHING
        };
        let name = "byod/moving:clear";
        let (_, is_more) = self.ask_some(Endpoint::Mutation, name, count, of).await?;
        Ok(is_more)
    }

    /// The same for what is known of it alone.
    pub(super) async fn forget(&self, id: &str) -> Result<bool, Error> {
        let of = |count| Of {
            id: Some(id),
            count: Some(count),
            ..NOTHING
        };
        let name = "byod/moving:forget";
        let (_, is_more) = self.ask_parts(Endpoint::Mutation, name, MOST, of).await?;
        Ok(is_more)
    }

    /// Which of the files have come.
    pub(super) async fn files(&self, id: &str, olds: &[String]) -> Result<Vec<String>, Error> {
        let mut known = Vec::new();
        // One document may name very many.
        for olds in olds.chunks(MOST) {
            let of = Of {
                id: Some(id),
                olds: Some(olds),
                ..NOTHING
            };
            let some: Vec<String> = self.query("byod/moving:files", of).await?;
            known.extend(some);
        }
        Ok(known)
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
