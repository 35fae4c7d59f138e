//! What a client says to a deployment.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ids::{QueryId, RequestId, SessionId};
use super::token::Token;
use super::wire::{needed, present};
use crate::error::ProtocolError;
use crate::json::Json;
use crate::timestamp::Timestamp;

/// What a client says to a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// The first message of each socket.
    Connect {
        /// The client.
        session: SessionId,
        /// How many sockets it had before this one.
        connection_count: u32,
        /// Why the last one ended; `InitialConnect` for the first.
        last_close_reason: Option<String>,
        /// The latest moment that the client has seen.
        max_observed_timestamp: Option<Timestamp>,
        /// The client's clock, in ms since 1970.
        client_ts: Option<i64>,
    },
    /// Begins and ends queries.
    ModifyQuerySet {
        /// The version that the client had.
        base_version: u32,
        /// The version with these changes.
        new_version: u32,
        /// What changes.
        changes: Vec<QuerySetChange>,
    },
    /// Runs a mutation, once per session and request.
    Mutation(Request),
    /// Runs an action.
    Action(Request),
    /// Says who the client is from now on.
    Authenticate {
        /// The version of the identity that the client had.
        base_version: u32,
        /// The proof.
        token: Token,
    },
    /// A note for the deployment's operators.
    Event,
}

/// One change of a query set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuerySetChange {
    /// A query that is watched from now on.
    Add(Query),
    /// One that is no longer.
    Remove(QueryId),
}

/// A query to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The client's number for it.
    pub id: QueryId,
    /// The function's path: `module:function`.
    pub path: String,
    /// The arguments: an array of one object.
    pub args: Json,
    /// What the deployment said of the last run, for one that is watched anew: where its page ends. `Some(None)` is a
    /// `null` that is sent.
    pub journal: Option<Option<String>>,
    /// The component of the function; by deploy key alone.
    pub component_path: Option<String>,
}

impl Query {
    /// How large it is, in bytes.
    pub fn size(&self) -> usize {
        let journal = self.journal.iter().flatten();
        let texts = journal.chain(&self.component_path).chain([&self.path]);
        texts.map(String::len).sum::<usize>() + self.args.get().len()
    }
}

/// A mutation or an action to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client's number for it.
    pub id: RequestId,
    /// The function's path: `module:function`.
    pub path: String,
    /// The arguments: an array of one object.
    pub args: Json,
    /// The component of the function; by deploy key alone.
    pub component_path: Option<String>,
}

/// All members that any message has. Tagged enums of serde copy what they hold, and can't hold raw values.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_close_reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_observed_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_version: Option<u32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    modifications: Option<Vec<ChangeWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    udf_path: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    args: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    component_path: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    token_type: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    value: Option<Cow<'a, str>>,
    /// The crate `convex` writes the second name.
    #[serde(borrow, alias = "acting_as", skip_serializing_if = "Option::is_none")]
    impersonating: Option<&'a RawValue>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeWire<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    query_id: Option<QueryId>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    udf_path: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    args: Option<&'a RawValue>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    journal: Option<Option<Cow<'a, str>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    component_path: Option<Cow<'a, str>>,
}

impl ClientMessage {
    /// Reads a message. Members that this side doesn't know are no mistake.
    ///
    /// # Errors
    ///
    /// If it is none of the protocol's.
    pub fn parse(text: &str) -> Result<Self, ProtocolError> {
        let wire: Wire<'_> = serde_json::from_str(text)?;
        Ok(match &*wire.kind {
            "Connect" => Self::Connect {
                session: needed(wire.session_id, "Connect", "sessionId")?,
                connection_count: needed(wire.connection_count, "Connect", "connectionCount")?,
                last_close_reason: wire.last_close_reason.map(Cow::into_owned),
                max_observed_timestamp: wire.max_observed_timestamp,
                client_ts: wire.client_ts,
            },
            "ModifyQuerySet" => {
                let name = "ModifyQuerySet";
                let changes = needed(wire.modifications, name, "modifications")?;
                Self::ModifyQuerySet {
                    base_version: needed(wire.base_version, name, "baseVersion")?,
                    new_version: needed(wire.new_version, name, "newVersion")?,
                    changes: changes.into_iter().map(change).collect::<Result<_, _>>()?,
                }
            }
            "Mutation" => Self::Mutation(request(wire, "Mutation")?),
            "Action" => Self::Action(request(wire, "Action")?),
            "Authenticate" => Self::Authenticate {
                base_version: needed(wire.base_version, "Authenticate", "baseVersion")?,
                token: token(wire)?,
            },
            "Event" => Self::Event,
            _ => return Err(ProtocolError::Unknown),
        })
    }

    /// The text of the message.
    pub fn to_text(&self) -> String {
        let mut wire = Wire::default();
        match self {
            Self::Connect {
                session,
                connection_count,
                last_close_reason,
                max_observed_timestamp,
                client_ts,
            } => {
                wire.kind = "Connect".into();
                wire.session_id = Some(*session);
                wire.connection_count = Some(*connection_count);
                wire.last_close_reason = last_close_reason.as_deref().map(Cow::Borrowed);
                wire.max_observed_timestamp = *max_observed_timestamp;
                wire.client_ts = *client_ts;
            }
            Self::ModifyQuerySet {
                base_version,
                new_version,
                changes,
            } => {
                wire.kind = "ModifyQuerySet".into();
                wire.base_version = Some(*base_version);
                wire.new_version = Some(*new_version);
                wire.modifications = Some(changes.iter().map(ChangeWire::from).collect());
            }
            Self::Mutation(request) => wire.fill("Mutation", request),
            Self::Action(request) => wire.fill("Action", request),
            Self::Authenticate {
                base_version,
                token,
            } => {
                wire.kind = "Authenticate".into();
                wire.base_version = Some(*base_version);
                let (kind, value) = match token {
                    Token::None => ("None", None),
                    Token::User(token) => ("User", Some(token)),
                    Token::Admin { key, impersonating } => {
                        wire.impersonating = impersonating.as_ref().map(Json::raw);
                        ("Admin", Some(key))
                    }
                };
                wire.token_type = Some(kind.into());
                wire.value = value.map(|value| value.as_str().into());
            }
            Self::Event => wire.kind = "Event".into(),
        }
        crate::json::text(&wire)
    }
}

impl<'a> Wire<'a> {
    fn fill(&mut self, kind: &'static str, request: &'a Request) {
        self.kind = kind.into();
        self.request_id = Some(request.id);
        self.udf_path = Some(request.path.as_str().into());
        self.args = Some(request.args.raw());
        self.component_path = request.component_path.as_deref().map(Cow::Borrowed);
    }
}

impl<'a> From<&'a QuerySetChange> for ChangeWire<'a> {
    fn from(change: &'a QuerySetChange) -> Self {
        match change {
            QuerySetChange::Remove(id) => Self {
                kind: "Remove".into(),
                query_id: Some(*id),
                ..Self::default()
            },
            QuerySetChange::Add(query) => Self {
                kind: "Add".into(),
                query_id: Some(query.id),
                udf_path: Some(query.path.as_str().into()),
                args: Some(query.args.raw()),
                journal: query
                    .journal
                    .as_ref()
                    .map(|journal| journal.as_deref().map(Cow::Borrowed)),
                component_path: query.component_path.as_deref().map(Cow::Borrowed),
            },
        }
    }
}

fn change(wire: ChangeWire<'_>) -> Result<QuerySetChange, ProtocolError> {
    match &*wire.kind {
        "Add" => Ok(QuerySetChange::Add(Query {
            id: needed(wire.query_id, "Add", "queryId")?,
            path: needed(wire.udf_path, "Add", "udfPath")?.into_owned(),
            args: needed(wire.args, "Add", "args")?.into(),
            journal: wire.journal.map(|journal| journal.map(Cow::into_owned)),
            component_path: wire.component_path.map(Cow::into_owned),
        })),
        "Remove" => {
            let id = needed(wire.query_id, "Remove", "queryId")?;
            Ok(QuerySetChange::Remove(id))
        }
        _ => Err(ProtocolError::Unknown),
    }
}

fn request(wire: Wire<'_>, kind: &'static str) -> Result<Request, ProtocolError> {
    Ok(Request {
        id: needed(wire.request_id, kind, "requestId")?,
        path: needed(wire.udf_path, kind, "udfPath")?.into_owned(),
        args: needed(wire.args, kind, "args")?.into(),
        component_path: wire.component_path.map(Cow::into_owned),
    })
}

fn token(wire: Wire<'_>) -> Result<Token, ProtocolError> {
    let kind = needed(wire.token_type, "Authenticate", "tokenType")?;
    let value = || needed(wire.value.map(Cow::into_owned), "Authenticate", "value");
    match &*kind {
        "None" => Ok(Token::None),
        "User" => Ok(Token::User(value()?)),
        "Admin" => Ok(Token::Admin {
            key: value()?,
            impersonating: wire.impersonating.map(Json::from),
        }),
        _ => Err(ProtocolError::Unknown),
    }
}
