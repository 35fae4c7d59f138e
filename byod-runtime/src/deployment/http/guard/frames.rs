//! The frames of HTTP/2, by their heads alone.

/// A frame that carries a part of a body.
pub(super) const DATA: u8 = 0;

/// A frame that begins a request, or an answer.
pub(super) const HEADERS: u8 = 1;

/// The flag of what ends an answer.
const END_STREAM: u8 = 1;

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) length: usize,
    flags: u8,
}

impl Frame {
    #[cfg(test)]
    pub(super) fn new(kind: u8, length: usize, flags: u8) -> Self {
        Self {
            kind,
            length,
            flags,
        }
    }

    /// Whether it is the last of an answer.
    pub(super) fn ends(self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM != 0
    }
}

/// The length, the kind, the flags and the stream.
const HEAD: usize = 9;

/// What a client sends before its first frame.
const PREFACE: usize = 24;

/// Where in a stream of frames a connection is.
pub(super) struct Frames {
    head: [u8; HEAD],
    /// How much of the head has come.
    known: usize,
    /// How many bytes are left until the next head.
    skip: usize,
}

impl Frames {
    pub(super) fn of_server() -> Self {
        Self {
            head: [0; HEAD],
            known: 0,
            skip: 0,
        }
    }

    pub(super) fn of_client() -> Self {
        Self {
            skip: PREFACE,
            ..Self::of_server()
        }
    }

    /// Goes on with the next bytes; `found` is told of each frame whose head ends in them.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut found: impl FnMut(Frame)) {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let part = bytes.len().min(HEAD - self.known);
            let (head, rest) = bytes.split_at(part);
            self.head[self.known..self.known + part].copy_from_slice(head);
            self.known += part;
            bytes = rest;
            if self.known == HEAD {
                let [a, b, c, kind, flags, ..] = self.head;
                let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                found(Frame {
                    kind,
                    length,
                    flags,
                });
                (self.known, self.skip) = (0, length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, length: usize) -> Vec<u8> {
        let [.., a, b, c] = (length as u32).to_be_bytes();
        let mut frame = vec![a, b, c, kind, 0xff, 0, 0, 0, 1];
        frame.resize(HEAD + length, 0x01);
        frame
    }

    proptest! {
        /// However the bytes are cut, the frames are the same.
        #[test]
        fn frames_are_found(
            frames in proptest::collection::vec((any::<u8>(), 0_usize..70_000), 0..8),
            cuts in proptest::collection::vec(1_usize..40_000, 1..20),
            client: bool,
        ) {
            let mut bytes = if client { vec![b'P'; PREFACE] } else { Vec::new() };
            for (kind, length) in &frames {
                bytes.extend(frame(*kind, *length));
            }
            let mut reader = if client { Frames::of_client() } else { Frames::of_server() };
            let mut found = Vec::new();
            let (mut rest, mut cuts) = (&*bytes, cuts.iter().cycle());
            while !rest.is_empty() {
                let (part, behind) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                reader.feed(part, |frame| found.push((frame.kind, frame.length)));
                rest = behind;
            }
            prop_assert_eq!(found, frames);
        }
    }
}
