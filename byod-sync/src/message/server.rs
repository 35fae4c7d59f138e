//! What a deployment says to a client.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::function_result::{FunctionError, QueryResult};
use super::ids::{QueryId, RequestId};
use super::wire::{needed, present};
use crate::error::ProtocolError;
use crate::json::Json;
use crate::timestamp::Timestamp;

/// Which query set, identity and moment a client's results are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The version of the query set.
    pub query_set: u32,
    /// The version of the identity.
    pub identity: u32,
    /// The moment.
    pub ts: Timestamp,
}

/// What a deployment says to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// All that changed from one version to the next: results of one moment.
    Transition {
        /// The version that the client must have.
        start: Version,
        /// The version that it has then.
        end: Version,
        /// The results that are others now.
        modifications: Vec<Modification>,
        /// How far the client's clock is behind, in ms.
        client_clock_skew: Option<i64>,
        /// The deployment's clock, in ns since 1970.
        server_ts: Option<u64>,
    },
    /// A piece of a large transition's text.
    TransitionChunk {
        /// The piece.
        chunk: String,
        /// Its place, from 0.
        part: u32,
        /// How many there are.
        parts: u32,
        /// Which transition it is of.
        transition: String,
    },
    /// How a mutation ended.
    MutationResponse {
        /// Which one.
        id: RequestId,
        /// What it gave.
        result: QueryResult,
        /// When it was committed; `None` if it failed. A transition at that moment or later follows.
        ts: Option<Timestamp>,
        /// What it logged.
        log_lines: Vec<String>,
    },
    /// How an action ended.
    ActionResponse {
        /// Which one.
        id: RequestId,
        /// What it gave.
        result: QueryResult,
        /// What it logged.
        log_lines: Vec<String>,
    },
    /// Who the client says it is was not believed. The deployment closes the socket.
    AuthError {
        /// Why.
        message: String,
        /// The identity's version that is refused.
        base_version: Option<u32>,
        /// Whether the client had just authenticated, or what it was before no longer holds.
        update_attempted: Option<bool>,
    },
    /// The client made a mistake that it would make again.
    FatalError {
        /// Which one.
        message: String,
    },
    /// Nothing to say for 15 s.
    Ping,
}

/// One query's new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modification {
    /// It has a result.
    Result {
        /// Which query.
        id: QueryId,
        /// The result.
        result: QueryResult,
        /// What it logged.
        log_lines: Vec<String>,
        /// Where its page ends, for this deployment alone; to be sent when the query is watched anew.
        journal: Option<String>,
    },
    /// It is watched no more.
    Removed(QueryId),
}

/// All members that any message has. Tagged enums of serde copy what they hold, and can't hold raw values.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_version: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_version: Option<Version>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    modifications: Option<Vec<ModificationWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_clock_skew: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_ts: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    chunk: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_parts: Option<u32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    transition_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    result: Option<Response<'a>>,
    /// Clients of npm read it of each answer to a mutation: `null` where it failed.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    ts: Option<Option<Timestamp>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    error_data: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    log_lines: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_update_attempted: Option<bool>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModificationWire<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    query_id: Option<QueryId>,
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    value: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    error_message: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    error_data: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    log_lines: Option<Vec<Cow<'a, str>>>,
    /// Clients expect it with each result: `null` where there is none.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    journal: Option<Option<Cow<'a, str>>>,
}

/// What a response gives. It is read as a value, and written from a value or the message of an error.
#[derive(Serialize)]
#[serde(untagged)]
enum Response<'a> {
    Value(&'a RawValue),
    Error(&'a str),
}

impl<'de: 'a, 'a> Deserialize<'de> for Response<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(from).map(Self::Value)
    }
}

impl ServerMessage {
    /// Reads a message. Members that this side doesn't know are no mistake.
    ///
    /// # Errors
    ///
    /// If it is none of the protocol's.
    pub fn parse(text: &str) -> Result<Self, ProtocolError> {
        let wire: Wire<'_> = serde_json::from_str(text)?;
        Ok(match &*wire.kind {
            "Transition" => {
                let name = "Transition";
                let modifications = needed(wire.modifications, name, "modifications")?;
                Self::Transition {
                    start: needed(wire.start_version, name, "startVersion")?,
                    end: needed(wire.end_version, name, "endVersion")?,
                    modifications: modifications
                        .into_iter()
                        .map(modification)
                        .collect::<Result<_, _>>()?,
                    client_clock_skew: wire.client_clock_skew,
                    server_ts: wire.server_ts,
                }
            }
            "TransitionChunk" => {
                let name = "TransitionChunk";
                Self::TransitionChunk {
                    chunk: needed(wire.chunk, name, "chunk")?.into_owned(),
                    part: needed(wire.part_number, name, "partNumber")?,
                    parts: needed(wire.total_parts, name, "totalParts")?,
                    transition: needed(wire.transition_id, name, "transitionId")?.into_owned(),
                }
            }
            "MutationResponse" => Self::MutationResponse {
                id: needed(wire.request_id, "MutationResponse", "requestId")?,
                ts: wire.ts.flatten(),
                result: response(&wire, "MutationResponse")?,
                log_lines: lines(wire.log_lines),
            },
            "ActionResponse" => Self::ActionResponse {
                id: needed(wire.request_id, "ActionResponse", "requestId")?,
                result: response(&wire, "ActionResponse")?,
                log_lines: lines(wire.log_lines),
            },
            "AuthError" => Self::AuthError {
                message: needed(wire.error, "AuthError", "error")?.into_owned(),
                base_version: wire.base_version,
                update_attempted: wire.auth_update_attempted,
            },
            "FatalError" => Self::FatalError {
                message: needed(wire.error, "FatalError", "error")?.into_owned(),
            },
            "Ping" => Self::Ping,
            _ => return Err(ProtocolError::Unknown),
        })
    }

    /// The text of the message.
    pub fn to_text(&self) -> String {
        let mut wire = Wire::default();
        match self {
            Self::Transition {
                start,
                end,
                modifications,
                client_clock_skew,
                server_ts,
            } => {
                wire.kind = "Transition".into();
                wire.start_version = Some(*start);
                wire.end_version = Some(*end);
                let modifications = modifications.iter().map(ModificationWire::from);
                wire.modifications = Some(modifications.collect());
                wire.client_clock_skew = *client_clock_skew;
                wire.server_ts = *server_ts;
            }
            Self::TransitionChunk {
                chunk,
                part,
                parts,
                transition,
            } => {
                wire.kind = "TransitionChunk".into();
                wire.chunk = Some(chunk.as_str().into());
                wire.part_number = Some(*part);
                wire.total_parts = Some(*parts);
                wire.transition_id = Some(transition.as_str().into());
            }
            Self::MutationResponse {
                id,
                result,
                ts,
                log_lines,
            } => {
                wire.kind = "MutationResponse".into();
                wire.respond(*id, result, log_lines);
                wire.ts = Some(*ts);
            }
            Self::ActionResponse {
                id,
                result,
                log_lines,
            } => {
                wire.kind = "ActionResponse".into();
                wire.respond(*id, result, log_lines);
            }
            Self::AuthError {
                message,
                base_version,
                update_attempted,
            } => {
                wire.kind = "AuthError".into();
                wire.error = Some(message.as_str().into());
                wire.base_version = *base_version;
                wire.auth_update_attempted = *update_attempted;
            }
            Self::FatalError { message } => {
                wire.kind = "FatalError".into();
                wire.error = Some(message.as_str().into());
            }
            Self::Ping => wire.kind = "Ping".into(),
        }
        crate::json::text(&wire)
    }
}

impl<'a> Wire<'a> {
    fn respond(&mut self, id: RequestId, result: &'a QueryResult, log_lines: &'a [String]) {
        self.request_id = Some(id);
        self.success = Some(result.is_ok());
        self.log_lines = Some(borrowed(log_lines));
        match result {
            Ok(value) => self.result = Some(Response::Value(value.raw())),
            Err(error) => {
                self.result = Some(Response::Error(&error.message));
                self.error_data = error.data.as_ref().map(Json::raw);
            }
        }
    }
}

impl<'a> From<&'a Modification> for ModificationWire<'a> {
    fn from(modification: &'a Modification) -> Self {
        let (id, result, log_lines, journal) = match modification {
            Modification::Removed(id) => {
                return Self {
                    kind: "QueryRemoved".into(),
                    query_id: Some(*id),
                    ..Self::default()
                };
            }
            Modification::Result {
                id,
                result,
                log_lines,
                journal,
            } => (id, result, log_lines, journal),
        };
        let wire = Self {
            query_id: Some(*id),
            log_lines: Some(borrowed(log_lines)),
            journal: Some(journal.as_deref().map(Cow::Borrowed)),
            ..Self::default()
        };
        match result {
            Ok(value) => Self {
                kind: "QueryUpdated".into(),
                value: Some(value.raw()),
                ..wire
            },
            Err(error) => Self {
                kind: "QueryFailed".into(),
                error_message: Some(error.message.as_str().into()),
                error_data: error.data.as_ref().map(Json::raw),
                ..wire
            },
        }
    }
}

fn borrowed(lines: &[String]) -> Vec<Cow<'_, str>> {
    lines.iter().map(|line| line.as_str().into()).collect()
}

fn lines(lines: Option<Vec<Cow<'_, str>>>) -> Vec<String> {
    let lines = lines.unwrap_or_default().into_iter();
    lines.map(Cow::into_owned).collect()
}

fn response(wire: &Wire<'_>, message: &'static str) -> Result<QueryResult, ProtocolError> {
    let text = match needed(wire.result.as_ref(), message, "result")? {
        Response::Value(value) if needed(wire.success, message, "success")? => {
            return Ok(Ok((*value).into()));
        }
        Response::Value(text) => serde_json::from_str(text.get())?,
        Response::Error(text) => (*text).to_owned(),
    };
    Ok(Err(FunctionError {
        message: text,
        data: wire.error_data.map(Json::from),
    }))
}

fn modification(wire: ModificationWire<'_>) -> Result<Modification, ProtocolError> {
    let id = |name| needed(wire.query_id, name, "queryId");
    let (id, result) = match &*wire.kind {
        "QueryRemoved" => return Ok(Modification::Removed(id("QueryRemoved")?)),
        "QueryUpdated" => {
            let value = needed(wire.value, "QueryUpdated", "value")?;
            (id("QueryUpdated")?, Ok(value.into()))
        }
        "QueryFailed" => {
            let message = needed(wire.error_message, "QueryFailed", "errorMessage")?;
            let error = FunctionError {
                message: message.into_owned(),
                data: wire.error_data.map(Json::from),
            };
            (id("QueryFailed")?, Err(error))
        }
        _ => return Err(ProtocolError::UnknownChange),
    };
    Ok(Modification::Result {
        id,
        result,
        log_lines: lines(wire.log_lines),
        journal: wire.journal.flatten().map(Cow::into_owned),
    })
}
