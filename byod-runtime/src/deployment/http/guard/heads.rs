//! The heads of answers over HTTP/1, as far as to tell interim ones (status 1xx).

/// Enough of a head to see its status' first digit: `HTTP/1.1 1`.
const BEGIN: usize = 10;

/// Whether it says that no request came in time: so some servers, and what stands before
/// them, end a connection that isn't used.
pub(super) fn says_too_late(bytes: &[u8]) -> bool {
    let version = bytes.starts_with(b"HTTP/1.");
    version && bytes.get(8..12) == Some(b" 408")
}

/// Where in the answer to a call a connection is.
pub(super) struct Heads {
    begin: [u8; BEGIN],
    at: At,
}

enum At {
    /// In the beginning of a head, of which so many bytes are known.
    Begin(usize),
    /// In an interim head, behind these bytes.
    Interim([u8; 4]),
    /// In or behind the head that counts.
    Answer,
}

impl Heads {
    pub(super) fn new() -> Self {
        Self {
            begin: [0; BEGIN],
            at: At::Begin(0),
        }
    }

    /// A call was sent: what comes is another answer.
    pub(super) fn call(&mut self) {
        self.at = At::Begin(0);
    }

    /// Goes on with the next bytes, and says how many interim answers begin in them.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> usize {
        let mut interim = 0;
        for byte in bytes {
            self.at = match self.at {
                At::Answer => break,
                At::Begin(0) if matches!(byte, b'\r' | b'\n') => At::Begin(0),
                At::Begin(known) => {
                    self.begin[known] = *byte;
                    match known + 1 {
                        BEGIN if *byte == b'1' && self.begin.starts_with(b"HTTP/") => {
                            interim += 1;
                            At::Interim([0; 4])
                        }
                        BEGIN => At::Answer,
                        more => At::Begin(more),
                    }
                }
                At::Interim([_, a, b, c]) => match [a, b, c, *byte] {
                    [_, _, b'\n', b'\n'] | [_, b'\n', b'\r', b'\n'] => At::Begin(0),
                    last => At::Interim(last),
                },
            };
        }
        interim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_an_unused_connection_is_told() {
        assert!(says_too_late(b"HTTP/1.1 408 Request Timeout\r\n\r\n"));
        assert!(says_too_late(b"HTTP/1.0 408 \r\n"));
        for other in [&b"HTTP/1.1 200 OK\r\n"[..], b"HTTP/1.1 40", b"408", b""] {
            assert!(!says_too_late(other), "{other:?}");
        }
    }

    #[test]
    fn interim_answers_are_told_however_they_are_cut() {
        let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: </x>\r\n\r\n\
            HTTP/1.1 102 X\n\nHTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
        for size in 1..bytes.len() {
            let mut heads = Heads::new();
            let count = |heads: &mut Heads| -> usize {
                bytes.chunks(size).map(|part| heads.feed(part)).sum()
            };
            assert_eq!(count(&mut heads), 3, "{size}");
            assert_eq!(count(&mut heads), 0, "{size}");
            heads.call();
            assert_eq!(count(&mut heads), 3, "{size}");
        }
    }
}
