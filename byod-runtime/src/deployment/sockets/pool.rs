//! The sockets of a process.

use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use byod_schema::Location;
use byod_sync::{SessionId, Subscription};

use super::caller::Caller;
use super::driver::drive;
use super::identity::Identity;
use super::open::OpenSockets;
use super::settings::SocketSettings;
use super::socket::{Coming, Socket, Watch};
use crate::deployment::client::Client;

/// The sockets of a process: one for each deployment and identity, opened when something is watched there, and closed
/// some time after nothing is.
pub(crate) struct Sockets(Arc<OpenSockets>);

impl Sockets {
    pub(crate) fn new(settings: SocketSettings) -> Self {
        Self(Arc::new(OpenSockets::new(settings)))
    }

    /// Watches queries, of one moment each time; `None` where there are as many sockets as there may be.
    ///
    /// To be called in a tokio runtime.
    pub(crate) fn watch(&self, caller: &Caller<'_>, queries: Vec<Subscription>) -> Option<Watch> {
        let socket = self.socket(caller)?;
        socket.set_client(caller.client, caller.source);
        let watch = socket.watch(queries);
        let mut state = socket.lock();
        // The runtime that it was of may have ended.
        if state.task.as_ref().is_none_or(|task| task.is_finished()) {
            let task = tokio::spawn(drive(socket.clone(), Arc::downgrade(&self.0)));
            state.task = Some(task.abort_handle());
        }
        drop(state);
        Some(watch)
    }

    /// The caller's socket. While all are locked none else is waited for: one may be reading a large message.
    fn socket(&self, caller: &Caller<'_>) -> Option<Coming> {
        let token = caller.client.sync_token();
        let identity = Identity::of(caller.client.shared_url().clone(), &token, caller.user);
        let mut sockets = self.0.lock();
        if sockets.len() >= self.0.settings.sockets && !sockets.contains_key(&identity) {
            // One that nothing is watched on makes room.
            let idle = sockets.iter().find(|(_, socket)| socket.is_idle());
            let idle = idle.map(|(identity, _)| identity.clone())?;
            if let Some(socket) = sockets.remove(&idle) {
                socket.end();
            }
        }
        let socket = match sockets.entry(identity.clone()) {
            Entry::Occupied(known) => known.get().come(),
            Entry::Vacant(vacant) => {
                // Without random bytes from the system there is no TLS either.
                let session = SessionId::random().ok()?;
                let socket = Socket::new(identity, caller, self.0.settings, session);
                vacant.insert(Arc::new(socket)).come()
            }
        };
        Some(socket)
    }
}

impl Sockets {
    /// A socket that nobody else shares: of one client, which has that session over all its sockets. It is there until it is
    /// [ended](Socket::end).
    ///
    /// To be called in a tokio runtime.
    pub(crate) fn alone(
        &self,
        client: &Client,
        location: Location,
        session: SessionId,
    ) -> Arc<Socket> {
        let identity = Identity::of(client.shared_url().clone(), &client.sync_token(), "");
        let caller = Caller {
            client,
            user: "",
            location,
            source: None,
        };
        let socket = Arc::new(Socket::new(identity, &caller, self.0.settings, session));
        let task = tokio::spawn(drive(socket.clone(), std::sync::Weak::new()));
        socket.lock().task = Some(task.abort_handle());
        socket
    }
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sockets({})", self.0.lock().len())
    }
}
