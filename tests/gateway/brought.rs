//! What a network brought to clients: every byte, and to whom.

use std::sync::{Arc, Mutex};

/// What a network brought to clients.
#[derive(Clone, Default)]
pub(super) struct Brought(Arc<Mutex<Vec<Part>>>);

/// What one client was told on one connection.
#[derive(Default)]
struct Part {
    /// By which token it asked over HTTP; on a socket it says so in frames.
    token: Option<String>,
    bytes: Vec<u8>,
}

/// One connection. Who asks on it may be one after the other.
#[derive(Clone)]
pub(super) struct Connection {
    all: Brought,
    state: Arc<Mutex<State>>,
}

struct State {
    part: usize,
    /// The end of what was asked, which a head may be a part of.
    asked: Vec<u8>,
}

impl Brought {
    pub(super) fn connection(&self) -> Connection {
        let part = self.begin(None);
        let asked = Vec::new();
        Connection {
            all: self.clone(),
            state: Arc::new(Mutex::new(State { part, asked })),
        }
    }

    fn begin(&self, token: Option<String>) -> usize {
        let mut parts = self.0.lock().unwrap();
        let bytes = Vec::new();
        parts.push(Part { token, bytes });
        parts.len() - 1
    }

    /// All that was brought to whoever asked by that token; on sockets, where that is `None`.
    fn to(&self, token: Option<&str>) -> Vec<Vec<u8>> {
        let parts = self.0.lock().unwrap();
        let to = parts.iter().filter(|part| part.token.as_deref() == token);
        to.map(|part| part.bytes.clone()).collect()
    }

    /// Whether that text was ever brought there.
    pub(super) fn has(&self, token: Option<&str>, text: &str) -> bool {
        let text = text.as_bytes();
        let has = |bytes: Vec<u8>| bytes.windows(text.len()).any(|part| part == text);
        self.to(token).into_iter().any(has)
    }
}

impl Connection {
    /// The client says that.
    pub(super) fn asks(&self, bytes: &[u8]) {
        const NAME: &[u8] = b"\r\nauthorization: bearer ";

        let mut state = self.state.lock().unwrap();
        let before = state.asked.len().saturating_sub(16 << 10);
        state.asked.drain(..before);
        state.asked.extend(bytes);
        let lower = state.asked.to_ascii_lowercase();
        let names = lower.windows(NAME.len()).rposition(|part| part == NAME);
        let Some(begin) = names.map(|at| at + NAME.len()) else {
            return;
        };
        let token = state.asked[begin..].split(|byte| *byte == b'\r').next();
        let is_whole = state.asked[begin..].contains(&b'\r');
        if let (true, Some(token)) = (is_whole, token) {
            let token = String::from_utf8_lossy(token).into_owned();
            // Answers come after what asks for them.
            state.part = self.all.begin(Some(token));
            state.asked.clear();
        }
    }

    /// The client is told that.
    pub(super) fn is_told(&self, bytes: &[u8]) {
        let part = self.state.lock().unwrap().part;
        self.all.0.lock().unwrap()[part].bytes.extend(bytes);
    }
}

#[test]
fn what_is_brought_is_of_who_asked_for_it() {
    let brought = Brought::default();
    let connection = brought.connection();
    connection.is_told(b"on a socket");
    connection.asks(b"GET / HTTP/1.1\r\nAuthoriz");
    connection.asks(b"ation: Bearer alices\r\n\r\n");
    connection.is_told(b"hers");
    connection.asks(b"GET / HTTP/1.1\r\nauthorization: Bearer bobs\r\n\r\n");
    connection.is_told(b"h");
    connection.is_told(b"is");
    assert!(brought.has(None, "socket") && !brought.has(None, "hers"));
    assert!(brought.has(Some("alices"), "hers") && !brought.has(Some("alices"), "his"));
    assert!(brought.has(Some("bobs"), "his") && !brought.has(Some("bobs"), "hers"));
}
