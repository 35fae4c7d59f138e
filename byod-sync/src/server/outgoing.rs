//! What waits to be sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{Sink, SinkExt as _};
use tokio::sync::{Notify, mpsc};
use tokio_tungstenite::tungstenite::{Error, Message};

/// What waits to be sent, as the one who sends sees it.
pub(super) struct Outgoing {
    frames: mpsc::UnboundedSender<Frame>,
    waiting: Arc<Waiting>,
}

/// The other end, which a socket is written from.
pub(super) struct Pending {
    frames: mpsc::UnboundedReceiver<Frame>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    bytes: AtomicUsize,
    transitions: AtomicUsize,
    sent: Notify,
}

struct Frame {
    message: Message,
    /// Whether a transition is out with it.
    is_transition: bool,
}

pub(super) fn outgoing() -> (Outgoing, Pending) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::<Waiting>::default();
    let outgoing = Outgoing {
        frames: sender,
        waiting: waiting.clone(),
    };
    let pending = Pending {
        frames: receiver,
        waiting,
    };
    (outgoing, pending)
}

impl Outgoing {
    pub(super) fn send(&self, message: Message, is_transition: bool) {
        let waiting = &self.waiting;
        waiting.bytes.fetch_add(message.len(), Ordering::Relaxed);
        let count = usize::from(is_transition);
        waiting.transitions.fetch_add(count, Ordering::Relaxed);
        // If nobody takes it the socket is at its end.
        let _ = self.frames.send(Frame {
            message,
            is_transition,
        });
    }

    pub(super) fn bytes(&self) -> usize {
        self.waiting.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn transitions(&self) -> usize {
        self.waiting.transitions.load(Ordering::Relaxed)
    }

    /// Waits until there is room for a transition: fewer of them wait than that, and no more bytes.
    pub(super) async fn room(&self, transitions: usize, bytes: usize) {
        while self.transitions() >= transitions || self.bytes() > bytes {
            self.waiting.sent.notified().await;
        }
    }
}

impl Pending {
    /// Sends what comes, until nothing can come any more. Fails where one frame takes too long, or the socket breaks.
    pub(super) async fn write(
        &mut self,
        mut socket: impl Sink<Message, Error = Error> + Unpin,
        patience: Duration,
    ) -> Result<(), ()> {
        while let Some(frame) = self.frames.recv().await {
            let bytes = frame.message.len();
            let sending = tokio::time::timeout(patience, socket.send(frame.message));
            sending.await.map_err(|_| ())?.map_err(|_| ())?;
            self.waiting.bytes.fetch_sub(bytes, Ordering::Relaxed);
            let count = usize::from(frame.is_transition);
            self.waiting.transitions.fetch_sub(count, Ordering::Relaxed);
            self.waiting.sent.notify_one();
        }
        Ok(())
    }
}
