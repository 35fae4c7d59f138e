//! What the fuzz targets and the benchmarks reach, and nobody else should.

use std::marker::PhantomData;
use std::time::Instant;

use byod_schema::{FunctionType, Value};

use crate::codec::{Field, Page, Seed};
use crate::deployment::{Client, answer, http};
use crate::error::Error;
use crate::routing::Byod;
use crate::routing::Route;
use crate::users::UserId;

/// Whether the user's route is known and leads to their own deployment, found as
/// calls find it.
pub fn finds_route(byod: &Byod, user: &UserId) -> bool {
    let route = byod.inner().routes.hit(user, Instant::now());
    matches!(route, Some(Route::Connected(_)))
}

/// Reads the value in the answer of a query, as the generated functions do.
pub fn read_typed<V, T: Field<V>>(client: &Client, body: &[u8]) -> Result<T, Error> {
    let context = client.context(FunctionType::Query, "a:b");
    answer::read(body, Seed::<V, T>::new(), context)
}

/// Reads a body as the answer to a query, as that to a batch, and as a refusal; the
/// errors that come of it.
pub fn read_answer(status: u16, body: &[u8]) -> Vec<Error> {
    let Ok(client) = Client::new("https://happy-animal-123.convex.cloud") else {
        return Vec::new();
    };
    let client = client.with_deploy_key(&"prod:fuzz|fuzz-geheim".into());
    let context = client.context(FunctionType::Query, "a:b");
    if !http::is_answer(status) {
        return vec![http::refused(status, None, body, context)];
    }
    let mut errors = Vec::new();
    errors.extend(answer::read(body, PhantomData::<Value>, context).err());
    errors.extend(answer::read_value::<f64>(body, context).err());
    errors.extend(answer::read_value::<Page<Value>>(body, context).err());
    match answer::read_batch(body, 2, context) {
        Ok(results) => {
            for result in results {
                let result = result.get().as_bytes();
                errors.extend(answer::read_value::<Value>(result, context).err());
            }
        }
        Err(error) => errors.push(error),
    }
    errors
}
