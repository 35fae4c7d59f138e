//! Which sockets there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::identity::Identity;
use super::settings::SocketSettings;
use super::socket::Socket;

/// Which sockets there are; they end with it.
pub(super) struct OpenSockets {
    pub(super) settings: SocketSettings,
    sockets: Mutex<HashMap<Identity, Arc<Socket>>>,
}

impl OpenSockets {
    pub(super) fn new(settings: SocketSettings) -> Self {
        Self {
            settings,
            sockets: Mutex::default(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Identity, Arc<Socket>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a socket that nothing is watched on; says whether it did.
    pub(super) fn forget_idle(&self, socket: &Arc<Socket>) -> bool {
        let mut sockets = self.lock();
        let is_idle = socket.is_idle();
        let known = sockets.get(&socket.identity);
        if is_idle && known.is_some_and(|known| Arc::ptr_eq(known, socket)) {
            sockets.remove(&socket.identity);
        }
        is_idle
    }
}

impl Drop for OpenSockets {
    fn drop(&mut self) {
        for socket in self.lock().values() {
            socket.end();
        }
    }
}
