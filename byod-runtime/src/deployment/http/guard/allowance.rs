//! What may come on a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::frames::{DATA, Frame, HEADERS};

/// How much of one answer may come over HTTP/2 before it is taken, in bytes.
pub(in super::super) const STREAM_WINDOW: u32 = 2 * 1024 * 1024;

/// The same of all answers on a connection.
pub(in super::super) const WINDOW: u32 = 5 * 1024 * 1024;

/// What may come besides, in bytes: the heads of answers, and what HTTP adds.
const HEADS: i64 = 64 * 1024;

/// How much of an answer HTTP/1 reads before it is taken, in bytes; also the longest head.
pub(in super::super) const HTTP1_BUFFER: usize = 128 * 1024;

/// How many reads and frames may carry next to nothing, before the first call and, as
/// calls go on, at any time, beside what calls under way may have.
const PIECES: i64 = 2048;

/// How many more a call may have.
const PIECES_OF_A_CALL: i64 = 256;

/// How many calls are counted as under way, at the most: some are given up, and never
/// answered.
const CALLS: i64 = 1024;

/// How many heads may come beside those of answers: interim ones (status 1xx).
const HEADS_BESIDE: i64 = 8;

/// How many heads a call may have: that of its answer, and two interim ones.
const HEADS_OF_A_CALL: i64 = 3;

/// How many pieces a head counts as.
const HEAD: i64 = 32;

/// A read or frame is worth its while from so many bytes on.
const WORTH: usize = 64;

/// How much TLS may add to what it carries, in bytes, beside an eighth of it.
const WRAPPING: i64 = 64 * 1024;

/// How much more a call may have: what is small comes in records that are.
const WRAPPING_OF_A_CALL: i64 = 4 * 1024;

/// What calls have taken of answers; shared between a connection and its answers.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Taken(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Bytes, since that was looked at last.
    bytes: AtomicUsize,
    /// Answers that were read to their end, since the connection was made.
    answers: AtomicUsize,
}

impl Taken {
    pub(in super::super) fn add(&self, bytes: usize) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// An answer was read to its end.
    pub(in super::super) fn end(&self) {
        self.0.answers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn take(&self) -> usize {
        // Mostly there is nothing, which needs no write.
        match self.0.bytes.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.0.bytes.swap(0, Ordering::Relaxed),
        }
    }

    pub(super) fn answers(&self) -> usize {
        self.0.answers.load(Ordering::Relaxed)
    }
}

/// What a connection may still send; it is closed when there is nothing left of one of
/// them. Each is a bounded store that calls and what they take fill again.
pub(super) struct Allowance {
    /// Reads and frames that carry little.
    pieces: i64,
    /// Heads of answers.
    heads: i64,
    /// How many calls have no answer yet.
    calls: i64,
    /// Bytes that no call has taken, or not yet.
    waiting: i64,
    waiting_at_most: i64,
    waiting_of_a_call: i64,
    /// Bytes that TLS adds.
    wrapping: i64,
    is_h2: bool,
}

impl Allowance {
    pub(super) fn new(is_h2: bool) -> Self {
        let (all, one) = match is_h2 {
            true => (i64::from(WINDOW), i64::from(STREAM_WINDOW)),
            false => (HTTP1_BUFFER as i64, HTTP1_BUFFER as i64),
        };
        Self {
            pieces: PIECES,
            heads: HEADS_BESIDE,
            calls: 0,
            waiting: all + HEADS,
            waiting_at_most: all + HEADS,
            // A call may be given up with as much of its answer on the way.
            waiting_of_a_call: one + HEADS,
            wrapping: WRAPPING,
            is_h2,
        }
    }

    /// A call was sent.
    pub(super) fn call(&mut self) {
        // With HTTP/1 they come one after the other.
        let most = if self.is_h2 { CALLS } else { 1 };
        self.calls = (self.calls + 1).min(most);
        self.pieces += PIECES_OF_A_CALL;
        self.heads += HEADS_OF_A_CALL;
        self.bound();
        self.wait(self.waiting_of_a_call);
        self.wrapping = (self.wrapping + WRAPPING_OF_A_CALL).min(WRAPPING);
    }

    /// A call has its answer. One that is given up may get it all the same.
    fn answered(&mut self) {
        self.calls = (self.calls - 1).max(0);
        self.bound();
    }

    /// So many bytes of a call were written: with HTTP/2, they are acknowledged.
    pub(super) fn written(&mut self, bytes: usize) {
        if self.is_h2 {
            self.pieces += (bytes / 1024) as i64;
            self.bound();
        }
    }

    /// Calls took so many bytes. HTTP may have added a quarter.
    pub(super) fn taken(&mut self, bytes: usize) {
        self.wait((bytes + bytes / 4) as i64);
    }

    /// A read gave `content` bytes, for which so many came in all.
    pub(super) fn came(&mut self, in_all: u64, content: usize) {
        self.piece(if self.is_h2 { 0 } else { content });
        self.waiting -= content as i64;
        // What is carried may come with a later read than what it was wrapped in.
        let carried = (content + content / 8) as i64;
        let in_all = i64::try_from(in_all).unwrap_or(i64::MAX);
        self.wrapping = (self.wrapping + carried - in_all).min(WRAPPING);
    }

    /// So many interim answers begin.
    pub(super) fn interim(&mut self, answers: usize) {
        self.heads -= answers as i64;
    }

    /// A frame begins.
    pub(super) fn frame(&mut self, frame: Frame) {
        let length = frame.length;
        match frame.kind {
            // One more for the read that it came with.
            DATA => self.piece(length.saturating_add(WORTH)),
            // The head of an answer, be it an interim one, or what comes behind one.
            HEADERS => {
                self.heads -= i64::from(!frame.ends());
                self.pieces -= HEAD + (length / WORTH) as i64;
            }
            // Whatever is in it has to be looked at.
            _ => self.pieces -= 1 + (length / WORTH) as i64,
        }
        if frame.ends() {
            self.answered();
        }
    }

    /// Whether there is nothing left.
    pub(super) fn is_spent(&self) -> bool {
        self.pieces < 0 || self.heads < 0 || self.waiting < 0 || self.wrapping < 0
    }

    fn piece(&mut self, length: usize) {
        self.pieces += (length / WORTH) as i64 - 1;
        self.bound();
    }

    /// What is not used up is not kept for later.
    fn bound(&mut self) {
        let pieces = PIECES + PIECES_OF_A_CALL * self.calls;
        let heads = HEADS_BESIDE + HEADS_OF_A_CALL * self.calls;
        self.pieces = self.pieces.min(pieces);
        self.heads = self.heads.min(heads);
    }

    fn wait(&mut self, more: i64) {
        self.waiting = (self.waiting + more).min(self.waiting_at_most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flag of an answer's last frame.
    const END: u8 = 1;

    /// Reads of that size, none of which is taken, until it is too much.
    fn reads(allowance: &mut Allowance, size: usize) -> usize {
        let mut count = 0;
        while !allowance.is_spent() {
            allowance.came(size as u64, size);
            count += 1;
        }
        count
    }

    #[test]
    fn what_nobody_takes_has_an_end_and_what_is_taken_has_none() {
        for is_h2 in [false, true] {
            let untaken = reads(&mut Allowance::new(is_h2), 16 * 1024) * 16 * 1024;
            assert!(untaken < 6 * 1024 * 1024, "{untaken}");
            let mut allowance = Allowance::new(is_h2);
            for _ in 0..100_000 {
                allowance.came(16 * 1024 + 22, 16 * 1024);
                allowance.frame(Frame::new(DATA, 16 * 1024 - 9, 0));
                allowance.taken(16 * 1024 - 9);
                assert!(!allowance.is_spent());
            }
        }
    }

    #[test]
    fn small_reads_and_frames_have_an_end() {
        assert!(reads(&mut Allowance::new(false), 1) <= PIECES as usize + 1);
        for (kind, length) in [
            (DATA, 0),
            (DATA, 1),
            (3, 4),
            (6, 8),
            (4, 0),
            (1, 5),
            (9, 0),
            (0x77, 0),
        ] {
            let mut allowance = Allowance::new(true);
            let mut frames = 0;
            while !allowance.is_spent() {
                allowance.came(9 + length as u64, 9 + length);
                allowance.frame(Frame::new(kind, length, 0));
                allowance.taken(if kind == DATA { length } else { 0 });
                frames += 1;
            }
            assert!(frames <= PIECES as usize + 1, "{kind}: {frames}");
        }
    }

    #[test]
    fn a_call_fills_it_again_and_no_number_of_calls_does_more() {
        for is_h2 in [false, true] {
            let mut allowance = Allowance::new(is_h2);
            for _ in 0..100_000 {
                allowance.call();
                allowance.came(300, 250);
                if is_h2 {
                    allowance.frame(Frame::new(HEADERS, 150, 0));
                    allowance.frame(Frame::new(DATA, 80, END));
                }
                allowance.taken(80);
                assert!(!allowance.is_spent());
            }
            assert!(reads(&mut allowance, 1) <= (PIECES + PIECES_OF_A_CALL) as usize + 1);
        }
    }

    #[test]
    fn answers_to_calls_under_way_may_all_come_at_once() {
        let mut allowance = Allowance::new(true);
        for count in [64, 1000] {
            (0..count).for_each(|_| allowance.call());
            for _ in 0..count {
                allowance.came(300, 250);
                allowance.frame(Frame::new(HEADERS, 150, 0));
                allowance.frame(Frame::new(DATA, 80, END));
                allowance.taken(80);
                assert!(!allowance.is_spent());
            }
        }
        // Nothing of what was not used up is left.
        assert!(reads(&mut allowance, 1) <= PIECES as usize + 1);
    }

    #[test]
    fn more_than_a_few_interim_answers_are_too_many() {
        let few = (HEADS_BESIDE + HEADS_OF_A_CALL) as usize;
        let mut allowance = Allowance::new(true);
        allowance.call();
        for _ in 0..few {
            assert!(!allowance.is_spent());
            allowance.frame(Frame::new(HEADERS, 5, 0));
        }
        allowance.frame(Frame::new(HEADERS, 5, 0));
        assert!(allowance.is_spent());
        let mut allowance = Allowance::new(false);
        for _ in 0..100 {
            allowance.call();
            // What servers do: they say that they go on, or what will be needed.
            allowance.interim(2);
            assert!(!allowance.is_spent());
        }
        allowance.interim(few);
        assert!(allowance.is_spent());
    }

    #[test]
    fn records_of_one_byte_have_an_end() {
        let mut allowance = Allowance::new(false);
        let mut bytes = 0;
        while !allowance.is_spent() {
            // As many as one read of the socket gives.
            allowance.came(4096, 186);
            allowance.taken(186);
            bytes += 186;
        }
        assert!(bytes < 5000, "{bytes}");
    }
}
