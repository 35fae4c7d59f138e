//! The state of one socket, without I/O.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use super::mistake::Mistake;
use super::moment::{Answer, Moment, Updated};
use crate::message::{
    ClientMessage, Modification, Query, QueryId, QuerySetChange, Request, ServerMessage, SessionId,
    Token, Version,
};
use crate::timestamp::Timestamp;

/// What was said on one socket: which queries the client has, which version of them it was sent, and what it is owed.
///
/// A caller hands in what the client says ([`receive`](Self::receive)) and does what comes of it; what mutations gave
/// ([`answered`](Self::answered)); and, while something is [`owed`](Self::owed) or has changed, the state of the queries
/// ([`advanced`](Self::advanced)). Several changes in between become one transition.
#[derive(Debug)]
pub struct Conversation {
    session: Option<SessionId>,
    /// The versions that the client asked for last.
    query_set: u32,
    identity: u32,
    /// The version that the client was brought to last.
    sent: Version,
    queries: BTreeMap<QueryId, Watched>,
    most_queries: usize,
    /// How many bytes all of them have, and may have.
    query_bytes: usize,
    most_query_bytes: usize,
    /// Queries that ended since the last transition.
    removed: BTreeSet<QueryId>,
    /// Mutations that succeeded, until a transition has their writes.
    answers: VecDeque<Answer>,
    /// Whether a failure was said that no transition came after.
    unfollowed: bool,
    hashers: [RandomState; 2],
}

/// A query that a client has.
#[derive(Debug)]
struct Watched {
    /// How large it is.
    bytes: usize,
    /// What it gave last.
    told: Option<Fingerprint>,
}

/// Two hashes by keys that nobody else knows: equal only for what is equal.
type Fingerprint = [u64; 2];

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is there. A `max_observed` that is above all moments of this database is of another one.
    Connected {
        /// The client, over all its sockets.
        session: SessionId,
        /// The latest moment that the client has seen.
        max_observed: Option<Timestamp>,
    },
    /// To watch a query.
    Add(Query),
    /// To watch it no more.
    Remove(QueryId),
    /// To be known as somebody from now on.
    Authenticate(Token),
    /// To run a mutation, once per session and request.
    Mutate(SessionId, Request),
    /// To run an action.
    Act(SessionId, Request),
}

impl Conversation {
    /// A socket that was just opened, for at most so many queries.
    pub fn new(most_queries: usize) -> Self {
        Self {
            session: None,
            query_set: 0,
            identity: 0,
            sent: Version::default(),
            queries: BTreeMap::new(),
            most_queries,
            query_bytes: 0,
            most_query_bytes: usize::MAX,
            removed: BTreeSet::new(),
            answers: VecDeque::new(),
            unfollowed: false,
            hashers: Default::default(),
        }
    }

    /// For queries that have at most so many bytes together: their paths, arguments and journals. One alone may have any.
    #[must_use]
    pub fn with_query_bytes(mut self, most: usize) -> Self {
        self.most_query_bytes = most;
        self
    }

    /// Takes what the client says, and gives what it asks for thereby.
    ///
    /// # Errors
    ///
    /// If it must not say so. The socket is to end with [`Mistake::to_message`].
    pub fn receive(&mut self, message: ClientMessage) -> Result<Vec<Asked>, Mistake> {
        let session = match (&message, self.session) {
            (ClientMessage::Connect { .. }, Some(_)) => return Err(Mistake::ConnectedTwice),
            (ClientMessage::Connect { session, .. }, None) => *session,
            (_, Some(session)) => session,
            (_, None) => return Err(Mistake::NotConnected),
        };
        Ok(match message {
            ClientMessage::Connect {
                max_observed_timestamp,
                ..
            } => {
                self.session = Some(session);
                vec![Asked::Connected {
                    session,
                    max_observed: max_observed_timestamp,
                }]
            }
            ClientMessage::ModifyQuerySet {
                base_version,
                new_version,
                changes,
            } => self.modify(base_version, new_version, changes)?,
            ClientMessage::Authenticate {
                base_version,
                token,
            } => {
                matches("identity", base_version, self.identity)?;
                self.identity += 1;
                vec![Asked::Authenticate(token)]
            }
            ClientMessage::Mutation(request) => vec![Asked::Mutate(session, request)],
            ClientMessage::Action(request) => vec![Asked::Act(session, request)],
            ClientMessage::Event => Vec::new(),
        })
    }

    fn modify(
        &mut self,
        base: u32,
        new: u32,
        changes: Vec<QuerySetChange>,
    ) -> Result<Vec<Asked>, Mistake> {
        matches("query set", base, self.query_set)?;
        if new <= base {
            return Err(Mistake::InvalidVersion { base, new });
        }
        self.query_set = new;
        let mut asked = Vec::with_capacity(changes.len());
        for change in changes {
            match change {
                QuerySetChange::Add(query) => {
                    if self.queries.len() >= self.most_queries {
                        return Err(Mistake::TooManyQueries(self.most_queries));
                    }
                    let bytes = query.size();
                    let watched = Watched { bytes, told: None };
                    if self.queries.insert(query.id, watched).is_some() {
                        return Err(Mistake::DuplicateQuery(query.id));
                    }
                    self.query_bytes += bytes;
                    if self.query_bytes > self.most_query_bytes && self.queries.len() > 1 {
                        return Err(Mistake::QueriesTooLarge(self.most_query_bytes));
                    }
                    self.removed.remove(&query.id);
                    asked.push(Asked::Add(query));
                }
                QuerySetChange::Remove(id) => {
                    let held = self.queries.remove(&id);
                    self.query_bytes -= held.ok_or(Mistake::UnknownQuery(id))?.bytes;
                    self.removed.insert(id);
                    asked.push(Asked::Remove(id));
                }
            }
        }
        Ok(asked)
    }

    /// A mutation has ended. What failed is said at once, unless others come before it; what succeeded is said along with
    /// the transition that has its writes: clients take the next transition for that one. A transition is owed after either:
    /// the crate `convex` tells of a `ConvexError` only then.
    pub fn answered(&mut self, answer: Answer) -> Option<ServerMessage> {
        if answer.result.is_err() && self.answers.is_empty() {
            self.unfollowed = true;
            return Some(response(answer));
        }
        self.answers.push_back(answer);
        None
    }

    /// How many mutations have ended that the client wasn't told of.
    pub fn unsaid(&self) -> usize {
        self.answers.len()
    }

    /// How large what they gave is, in bytes.
    pub fn unsaid_bytes(&self) -> usize {
        let bytes = |answer: &Answer| {
            let given = match &answer.result {
                Ok(value) => value.get().len(),
                Err(error) => {
                    let data = error.data.as_ref().map_or(0, |data| data.get().len());
                    error.message.len() + data
                }
            };
            given + answer.log_lines.iter().map(String::len).sum::<usize>()
        };
        self.answers.iter().map(bytes).sum()
    }

    /// The moment that the client is to be brought to though no query may have changed; [`Timestamp::ZERO`] where any will
    /// do. `None` where nothing is owed.
    pub fn owed(&self) -> Option<Timestamp> {
        if let Some(answer) = self.answers.front() {
            return Some(answer.ts);
        }
        let asked = (self.query_set, self.identity);
        let current = (self.sent.query_set, self.sent.identity);
        (self.unfollowed || asked != current).then_some(Timestamp::ZERO)
    }

    /// Brings the client to a moment: to all that it has asked for so far. The moment has the results of all queries that
    /// were added since the last one.
    pub fn advanced(&mut self, moment: Moment) -> Vec<ServerMessage> {
        let ts = moment.ts.max(self.sent.ts);
        self.unfollowed = false;
        let mut messages = Vec::new();
        while self.answers.front().is_some_and(|answer| answer.ts <= ts) {
            messages.extend(self.answers.pop_front().map(response));
        }
        let removed = std::mem::take(&mut self.removed).into_iter();
        let mut modifications: Vec<_> = removed.map(Modification::Removed).collect();
        let updated = moment.results.into_iter();
        modifications.extend(updated.filter_map(|updated| self.news(updated)));
        let start = self.sent;
        self.sent = Version {
            query_set: self.query_set,
            identity: self.identity,
            ts,
        };
        messages.push(ServerMessage::Transition {
            start,
            end: self.sent,
            modifications,
            client_clock_skew: None,
            server_ts: None,
        });
        messages
    }

    /// A result, if it is of a query that is still there, and another than before.
    fn news(&mut self, updated: Updated) -> Option<Modification> {
        let known = self.queries.get_mut(&updated.id)?;
        let told = (&updated.result, &updated.log_lines, &updated.journal);
        let fingerprint = self.hashers.each_ref().map(|hasher| hasher.hash_one(told));
        if known.told == Some(fingerprint) {
            return None;
        }
        known.told = Some(fingerprint);
        Some(Modification::Result {
            id: updated.id,
            result: updated.result,
            log_lines: updated.log_lines,
            journal: updated.journal,
        })
    }

    /// The message for a client that is not, or no longer, who it says it is; `updating` where it has just said so. The
    /// socket is to end then.
    pub fn refused(&self, message: String, updating: bool) -> ServerMessage {
        let base = match updating {
            true => self.identity.saturating_sub(1),
            false => self.sent.identity,
        };
        ServerMessage::AuthError {
            message,
            base_version: Some(base),
            update_attempted: Some(updating),
        }
    }
}

fn matches(what: &'static str, base: u32, held: u32) -> Result<(), Mistake> {
    match base == held {
        true => Ok(()),
        false => Err(Mistake::BaseVersionMismatch { what, base, held }),
    }
}

fn response(answer: Answer) -> ServerMessage {
    ServerMessage::MutationResponse {
        id: answer.id,
        ts: answer.result.is_ok().then_some(answer.ts),
        result: answer.result,
        log_lines: answer.log_lines,
    }
}
