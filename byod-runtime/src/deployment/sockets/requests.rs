//! Who waits for mutations and actions that run over a socket.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use byod_sync::{Completion, RequestId};
use tokio::sync::oneshot;

/// How many mutations have ended whose ends nobody has taken yet. Results may have their writes by then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Landed(Arc<AtomicUsize>);

/// Who waits for mutations and actions that run over a socket.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    requests: HashMap<RequestId, Waiter>,
    landed: Landed,
}

#[derive(Debug)]
struct Waiter {
    tell: oneshot::Sender<Completion>,
    is_mutation: bool,
}

/// Tells how a request ended, once.
pub(crate) struct Ending {
    told: oneshot::Receiver<Completion>,
    landed: Option<Landed>,
}

impl Landed {
    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn taken(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Waiting {
    pub(super) fn landed(&self) -> Landed {
        self.landed.clone()
    }

    pub(super) fn wait(&mut self, id: RequestId, is_mutation: bool) -> Ending {
        let (tell, told) = oneshot::channel();
        self.requests.insert(id, Waiter { tell, is_mutation });
        Ending {
            told,
            landed: is_mutation.then(|| self.landed.clone()),
        }
    }

    /// To be called before results are told that have a mutation's writes.
    pub(super) fn tell(&mut self, ended: Vec<(RequestId, Completion)>) {
        for (id, completion) in ended {
            if let Some(waiter) = self.requests.remove(&id) {
                if waiter.is_mutation {
                    self.landed.add();
                }
                // Who no longer waits takes it none the less.
                if waiter.tell.send(completion).is_err() && waiter.is_mutation {
                    self.landed.taken();
                }
            }
        }
    }
}

impl Ending {
    /// How it ended. Whoever can't say so any more has lost it.
    pub(crate) async fn ended(mut self) -> Completion {
        match (&mut self.told).await {
            Ok(completion) => {
                if let Some(landed) = self.landed.take() {
                    landed.taken();
                }
                completion
            }
            Err(_) => Completion::Lost,
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.told.close();
        if let Some(landed) = self.landed.take()
            && self.told.try_recv().is_ok()
        {
            landed.taken();
        }
    }
}
