//! Main, over a socket of one client's own.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use byod_schema::Location;
use byod_sync::{Completion, QueryResult, Request, SessionId, Subscription};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::deployment::Token;
use crate::deployment::sockets::{Landed, News, Progress, Socket, Watch};
use crate::error::Error;
use crate::routing::Byod;

/// Main, over a socket of one client's own, with the client's own token and session, so that main's own record of requests
/// answers a mutation that comes again, to whichever process. It is opened anew by itself. Cheap to clone; the socket ends
/// with the last clone.
#[derive(Clone)]
pub struct MainLine(Arc<Line>);

/// A [`MainLine`] that isn't held by this.
#[derive(Clone)]
pub struct WeakMainLine(Weak<Line>);

struct Line {
    socket: Arc<Socket>,
    landed: Landed,
    expires: Option<f64>,
    /// How long a mutation may take.
    longest: Duration,
}

/// Queries that are watched on main.
pub struct MainWatch {
    line: MainLine,
    watch: Watch,
    progress: watch::Receiver<Progress>,
}

/// What a query on main gives.
#[derive(Clone, Debug)]
pub struct MainResult {
    /// Its value, or its error.
    pub result: QueryResult,
    /// Where its page ends, for main alone.
    pub journal: Option<String>,
    /// What it logged.
    pub log_lines: Vec<String>,
}

impl MainLine {
    /// Main as the client of that session has it, who is whoever the token belongs to, or nobody.
    ///
    /// To be called in a tokio runtime.
    pub fn open(byod: &Byod, token: Option<&Token>, session: SessionId) -> Self {
        let main = byod.main_client();
        let main = match token {
            Some(token) => main.with_token(token.clone()),
            None => main.clone(),
        };
        let sockets = &byod.inner().sockets;
        let socket = sockets.alone(&main, Location::Main, session);
        let landed = socket.landed();
        Self(Arc::new(Line {
            socket,
            landed,
            expires: token.and_then(Token::expires),
            longest: main.limits().timeout,
        }))
    }

    /// When the client's token runs out, in seconds since 1970, as it says itself.
    pub fn expires(&self) -> Option<f64> {
        self.0.expires
    }

    /// Watches queries, until it is dropped.
    pub fn watch(&self, queries: Vec<Subscription>) -> MainWatch {
        MainWatch {
            line: self.clone(),
            watch: self.0.socket.watch(queries),
            progress: self.0.socket.progress(),
        }
    }

    /// Runs a mutation, once for its session and number, whichever process is asked again. It ends once the results of what
    /// is watched have its writes, or is lost where that takes longer than a call may
    /// ([`ByodBuilder::timeout`](crate::ByodBuilder::timeout)): then this line is to be let go of, which would send it when main
    /// is back, and what the user has may be elsewhere by then.
    pub fn mutate(&self, request: Request) -> impl Future<Output = Completion> + Send + 'static {
        let line = self.clone();
        async move {
            let ended = line.0.socket.mutate(request).ended();
            let ended = timeout(line.0.longest, ended).await;
            drop(line);
            ended.unwrap_or(Completion::Lost)
        }
    }

    /// Runs an action, which is sent once.
    pub fn act(&self, request: Request) -> impl Future<Output = Completion> + Send + 'static {
        let line = self.clone();
        async move {
            let ended = line.0.socket.act(request).ended().await;
            drop(line);
            ended
        }
    }

    /// Waits until the results of what is watched are of a moment of main's that is not before the present.
    pub fn caught_up(&self) -> impl Future<Output = ()> + Send + 'static {
        let caught_up = self.0.socket.caught_up();
        let line = self.clone();
        async move {
            caught_up.await;
            drop(line);
        }
    }

    /// Whether both are one.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The same line, as long as somebody else holds it.
    pub fn downgrade(&self) -> WeakMainLine {
        WeakMainLine(Arc::downgrade(&self.0))
    }

    /// Whether mutations have ended whose ends nobody has taken: results may have their writes already.
    pub fn has_landed(&self) -> bool {
        self.0.landed.any()
    }
}

impl WeakMainLine {
    /// The line, if somebody holds it still.
    pub fn upgrade(&self) -> Option<MainLine> {
        self.0.upgrade().map(MainLine)
    }
}

impl fmt::Debug for WeakMainLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakMainLine").finish_non_exhaustive()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.socket.end();
    }
}

impl fmt::Debug for MainLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MainLine").finish_non_exhaustive()
    }
}

impl MainWatch {
    /// Watches these from now on; those that it watched already go on.
    pub fn set(&mut self, queries: Vec<Subscription>) {
        // The former ones end after these have begun.
        self.watch = self.line.0.socket.watch(queries);
    }

    /// Waits until main has confirmed who calls.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] where it refuses that.
    pub async fn confirmed(&mut self) -> Result<(), Error> {
        loop {
            if self.progress.borrow_and_update().confirmed {
                return Ok(());
            }
            self.take()?;
            self.changed().await;
        }
    }

    /// Waits until main has said anything new.
    pub async fn changed(&mut self) {
        // The line is held, and its socket with it.
        let _ = self.progress.changed().await;
    }

    /// The results in the order of the queries, all of one moment, if any is another than before.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] where main no longer takes who calls.
    pub fn take(&mut self) -> Result<Option<Vec<MainResult>>, Error> {
        match self.watch.take() {
            None | Some(News::NoSocket) => Ok(None),
            Some(News::Refused(error)) => Err(error),
            Some(News::Results(results)) => {
                let results = results.into_vec().into_iter().map(|latest| MainResult {
                    result: latest.result,
                    journal: latest.journal,
                    log_lines: latest.log_lines.to_vec(),
                });
                Ok(Some(results.collect()))
            }
        }
    }

    /// Whether the latest results, taken or not, are of the present moment of main's socket.
    pub fn is_current(&self) -> bool {
        self.watch.is_current()
    }
}

impl fmt::Debug for MainWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MainWatch").finish_non_exhaustive()
    }
}
