//! What a service writes by hand that talks to Convex's HTTP API without byod: the
//! body of the request and the types of the answer, for serde. The body has the
//! same members as the wrapper's, and every field of the document is read.

use serde::{Deserialize, Serialize};

use super::load::Failure;

#[derive(Serialize)]
pub(crate) struct Call<'a> {
    path: &'a str,
    format: &'a str,
    args: ListArgs<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListArgs<'a> {
    archived: bool,
    limit: usize,
    user_id: &'a str,
}

impl Call<'_> {
    pub(crate) fn list(limit: usize) -> Self {
        Self {
            path: "conversations:list",
            format: "convex_encoded_json",
            args: ListArgs {
                archived: false,
                limit,
                user_id: "user_2abcdefghijklmnop",
            },
        }
    }
}

/// serde reads an enum with a tag by way of a tree; a service that cares writes a
/// struct instead, so that is what is measured.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "read as a service would have them")]
pub(crate) struct Answered<T> {
    pub(crate) status: Status,
    pub(crate) value: Option<T>,
    pub(crate) error_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Status {
    Success,
    Error,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "read as a service would have them")]
pub(crate) struct Conversation {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_creationTime")]
    creation_time: f64,
    user_id: String,
    title: String,
    model: String,
    system_prompt: Option<String>,
    settings: Option<Settings>,
    project_id: Option<String>,
    template_id: Option<String>,
    archived: Option<bool>,
    pinned: Option<bool>,
    last_message_at: Option<f64>,
    created_at: f64,
    updated_at: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "read as a service would have them")]
struct Settings {
    temperature: Option<f64>,
    max_output_tokens: Option<f64>,
    tools: Option<Vec<Tool>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tool {
    WebSearch,
    Code,
    Memory,
}

/// The documents in the bytes of an answer.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Conversation>, Failure> {
    let answer: Answered<Vec<Conversation>> = serde_json::from_slice(bytes)?;
    answer.value.ok_or_else(|| "the function fails".into())
}
