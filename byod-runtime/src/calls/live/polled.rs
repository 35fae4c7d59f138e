//! Queries that are asked for from time to time, where there is no socket.

use std::marker::PhantomData;

use byod_sync::Json;
use serde_json::value::RawValue;

use crate::calls::call::{Prepared, Query};
use crate::calls::session::Session;
use crate::deployment::CallContext;
use crate::deployment::answer::{self, Given};
use crate::error::Error;

/// What a query gave.
pub(super) type Asked = Result<Json, Error>;

/// Reads a value's text, whatever it says.
pub(super) fn read_text(given: Given<'_>, context: CallContext<'_>) -> Result<Json, Error> {
    match given {
        Given::Answer(bytes) => {
            let text = answer::read(bytes, PhantomData::<Box<RawValue>>, context)?;
            Ok(text.into())
        }
        Given::Value(text) => Json::parse(text).map_err(|error| context.encode(error)),
    }
}

/// Asks for the queries, all at one moment.
pub(super) async fn ask(session: &Session, queries: &[Prepared<Json>]) -> Vec<Asked> {
    let mut asked: Vec<Query<Json>> = queries
        .iter()
        .map(|query| Query(query.again(session)))
        .collect();
    match (asked.pop(), asked.is_empty()) {
        (Some(only), true) => vec![only.await],
        (Some(last), false) => {
            asked.push(last);
            session.batch(asked).results().await
        }
        (None, _) => Vec::new(),
    }
}
