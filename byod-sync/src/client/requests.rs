//! Mutations and actions that are under way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::received::Completion;
use crate::message::{ClientMessage, QueryResult, Request, RequestId};
use crate::timestamp::Timestamp;

/// What is under way.
#[derive(Debug)]
enum UnderWay {
    /// It may be sent again: the deployment runs it once.
    Mutation {
        request: Request,
        /// It is committed, and results may be of a time before that.
        answer: Option<(Completion, Timestamp)>,
    },
    /// It must not be sent again.
    SentAction,
    UnsentAction(Request),
}

/// Mutations and actions that are under way.
#[derive(Debug, Default)]
pub(super) struct Requests {
    under_way: BTreeMap<RequestId, UnderWay>,
    next: u32,
    /// Not said to this socket yet.
    unsent: VecDeque<RequestId>,
    /// Answered ones, by when they were committed.
    uncovered: BTreeSet<(Timestamp, RequestId)>,
    /// What this socket was sent and has not answered.
    unanswered: BTreeSet<RequestId>,
}

impl Requests {
    /// A number that none had yet.
    pub(super) fn id(&mut self) -> RequestId {
        let id = RequestId(self.next);
        self.next = self.next.wrapping_add(1);
        id
    }

    pub(super) fn mutate(&mut self, request: Request) {
        let id = request.id;
        self.begin(
            id,
            UnderWay::Mutation {
                request,
                answer: None,
            },
        );
    }

    pub(super) fn act(&mut self, request: Request) {
        self.begin(request.id, UnderWay::UnsentAction(request));
    }

    /// One that is under way already stays what it is.
    fn begin(&mut self, id: RequestId, request: UnderWay) {
        self.next = self.next.max(id.0.wrapping_add(1));
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.under_way.entry(id) {
            vacant.insert(request);
            self.unsent.push_back(id);
        }
    }

    /// The next one to send.
    pub(super) fn next_message(&mut self) -> Option<ClientMessage> {
        while let Some(id) = self.unsent.pop_front() {
            let Some(under_way) = self.under_way.get_mut(&id) else {
                continue;
            };
            let (message, sent) = match std::mem::replace(under_way, UnderWay::SentAction) {
                UnderWay::SentAction => continue,
                UnderWay::UnsentAction(request) => {
                    (ClientMessage::Action(request), UnderWay::SentAction)
                }
                UnderWay::Mutation { request, answer } => {
                    let message = ClientMessage::Mutation(request.clone());
                    (message, UnderWay::Mutation { request, answer })
                }
            };
            *under_way = sent;
            self.unanswered.insert(id);
            return Some(message);
        }
        None
    }

    /// Whether this socket has answered all that it was sent.
    pub(super) fn are_answered(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// The socket has ended. Mutations are sent again, answered ones whose commit no result has reached among them;
    /// gives the actions that nobody knows the end of.
    pub(super) fn restart(&mut self) -> Vec<(RequestId, Completion)> {
        let mut lost = Vec::new();
        self.under_way.retain(|id, request| {
            let is_sent = matches!(request, UnderWay::SentAction);
            if is_sent {
                lost.push((*id, Completion::Lost));
            }
            !is_sent
        });
        self.unsent = self.under_way.keys().copied().collect();
        self.unanswered.clear();
        lost
    }

    /// A mutation's answer; what is over by it. `None` of a commit is a failure.
    pub(super) fn mutation_answered(
        &mut self,
        id: RequestId,
        result: QueryResult,
        ts: Option<Timestamp>,
        log_lines: Vec<String>,
    ) -> Option<(RequestId, Completion)> {
        self.unanswered.remove(&id);
        let Some(UnderWay::Mutation { answer, .. }) = self.under_way.get_mut(&id) else {
            return None;
        };
        if answer.is_some() {
            return None;
        }
        let completion = Completion::Done {
            result,
            ts,
            log_lines,
        };
        match ts {
            Some(ts) => {
                *answer = Some((completion, ts));
                self.uncovered.insert((ts, id));
                None
            }
            None => {
                self.under_way.remove(&id);
                Some((id, completion))
            }
        }
    }

    /// An action's answer.
    pub(super) fn action_answered(
        &mut self,
        id: RequestId,
        result: QueryResult,
        log_lines: Vec<String>,
    ) -> Option<(RequestId, Completion)> {
        if !matches!(self.under_way.get(&id), Some(UnderWay::SentAction)) {
            return None;
        }
        self.under_way.remove(&id);
        self.unanswered.remove(&id);
        let completion = Completion::Done {
            result,
            ts: None,
            log_lines,
        };
        Some((id, completion))
    }

    /// All results are of that moment: what was committed by then is over.
    pub(super) fn covered(&mut self, moment: Timestamp) -> Vec<(RequestId, Completion)> {
        let mut over = Vec::new();
        while let Some(&(ts, id)) = self.uncovered.first() {
            if ts > moment {
                break;
            }
            self.uncovered.pop_first();
            if let Some(UnderWay::Mutation {
                answer: Some((completion, _)),
                ..
            }) = self.under_way.remove(&id)
            {
                over.push((id, completion));
            }
        }
        over
    }
}
