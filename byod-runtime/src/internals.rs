//! What the fuzz targets reach, and nobody else should.

use std::marker::PhantomData;

use byod_schema::{FunctionType, Value};

use crate::answer;
use crate::client::Client;
use crate::codec::Page;
use crate::error::Error;
use crate::http;

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
