//! What one socket may cost.

use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// What one socket may cost, and how long things may take. The defaults are Convex's, where it has such a limit.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The largest message that is taken, in bytes; one that is larger ends the socket.
    pub message_bytes: usize,
    /// How many queries are watched at a time.
    pub queries: usize,
    /// How many mutations wait, with those whose answers wait.
    pub mutations: usize,
    /// How long one mutation runs.
    pub mutation_time: Duration,
    /// How many actions run at a time.
    pub actions: usize,
    /// How many bytes the mutations and actions may have together that wait or run, before another one closes the socket, and
    /// how many the queries, before another one is a `FatalError`. One alone may have as many as a message.
    pub request_bytes: usize,
    /// How long a client may take to say `Connect`, once its socket is open.
    pub connect_time: Duration,
    /// How many times a client may say who it is at once, and how often a second for long.
    pub identities: (u32, u32),
    /// How many messages a client may send at once, and how many a second for long.
    pub messages: (u32, u32),
    /// How many transitions wait to be sent; changes after that become one.
    pub transitions: usize,
    /// How many bytes wait for a slow client before another answer closes it. A transition alone doesn't, however large; no
    /// other one is made while more than that waits.
    pub waiting_bytes: usize,
    /// How long a client may take to receive one message before it is closed.
    pub send_time: Duration,
    /// How often a WebSocket's own ping is sent.
    pub ping: Duration,
    /// After how long without another message a `Ping` message is sent, which npm's clients wait for.
    pub ping_message: Duration,
    /// After how long without a frame the socket ends.
    pub silence: Duration,
    /// The size in bytes above which a transition is sent in pieces, and that of a piece. `None` for clients that don't
    /// take pieces; see [`takes_chunks`](super::takes_chunks).
    pub chunk_bytes: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            message_bytes: 64 << 20,
            queries: 20_000,
            mutations: 1000,
            mutation_time: Duration::from_secs(60),
            actions: 1000,
            request_bytes: 256 << 20,
            connect_time: Duration::from_secs(60),
            identities: (u32::MAX, u32::MAX),
            messages: (u32::MAX, u32::MAX),
            transitions: 2,
            waiting_bytes: 64 << 20,
            send_time: Duration::from_secs(30),
            ping: Duration::from_secs(5),
            ping_message: Duration::from_secs(15),
            silence: Duration::from_secs(120),
            chunk_bytes: None,
        }
    }
}

impl Settings {
    /// In pieces of 5,000,000 bytes, where a client of that version takes them.
    pub fn for_version(mut self, version: &str) -> Self {
        self.chunk_bytes = super::takes_chunks(version).then_some(5_000_000);
        self
    }

    /// How the WebSocket is to be made: with its limits, and small buffers, for most sockets are silent.
    pub fn websocket(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(4 << 10)
            .write_buffer_size(0)
            .max_message_size(Some(self.message_bytes))
            .max_frame_size(Some(self.message_bytes))
    }
}
