//! Around every connection: ends it where more comes than calls asked for.
//!
//! What calls take out of an answer is bounded where it is taken. This is about the rest:
//! what comes while no call is under way, and frames, reads and interim answers that
//! carry next to nothing, for each of which the HTTP client has to do something.

mod allowance;
mod connector;
mod frames;
mod heads;

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

use self::allowance::Allowance;
pub(super) use self::allowance::{HTTP1_BUFFER, STREAM_WINDOW, Taken, WINDOW};
pub(super) use self::connector::Guarding;
use self::frames::{Frames, HEADERS};
use self::heads::{Heads, says_too_late};
use super::floods::Floods;
use super::silence::{Ending, Silence, Silent};

/// How much is read at once, in bytes: more than TLS ever gives.
pub(super) const READ: usize = 32 * 1024;

/// Why a connection was ended.
#[derive(Debug, thiserror::Error)]
#[error("the deployment sent more than it was asked for, and the connection was closed")]
pub(super) struct Flood;

/// A connection that says how many bytes came on it, with what TLS adds.
pub(super) trait Wire {
    /// Since it was made.
    fn came(&self) -> u64;
}

/// A connection with an allowance.
pub(super) struct Guarded<T> {
    io: T,
    allowance: Allowance,
    taken: Taken,
    floods: Arc<Floods>,
    /// Where it is to be ended for want of answers.
    ending: Option<Arc<Ending>>,
    /// How many bytes had come when it was looked at last.
    came: u64,
    spoken: Spoken,
}

/// Where in what is read and written a connection is.
enum Spoken {
    Http1 {
        read: Heads,
        /// Whether the last that happened was a read: a write is a call then.
        was_read: bool,
        calls: usize,
    },
    Http2 {
        read: Frames,
        written: Frames,
    },
}

impl<T: Connection + Wire> Guarded<T> {
    fn new(io: T, floods: Arc<Floods>) -> Self {
        let is_h2 = io.connected().is_negotiated_h2();
        Self {
            allowance: Allowance::new(is_h2),
            taken: Taken::default(),
            // With HTTP/1 a call that is given up ends its connection.
            ending: floods.silence().filter(|_| is_h2).map(Silence::watch),
            floods,
            came: io.came(),
            spoken: match is_h2 {
                true => Spoken::Http2 {
                    read: Frames::of_server(),
                    written: Frames::of_client(),
                },
                false => Spoken::Http1 {
                    read: Heads::new(),
                    was_read: true,
                    calls: 0,
                },
            },
            io,
        }
    }

    /// Takes note of what came; an error where it is too much.
    fn note_read(&mut self, bytes: &[u8]) -> io::Result<()> {
        let came = self.io.came();
        let (allowance, taken) = (&mut self.allowance, self.taken.take());
        allowance.taken(taken);
        allowance.came(came - self.came, bytes.len());
        self.came = came;
        let mut is_unasked = false;
        match &mut self.spoken {
            Spoken::Http1 {
                read,
                was_read,
                calls,
            } => {
                *was_read = true;
                allowance.interim(read.feed(bytes));
                // All calls have their answers. With HTTP/1 nothing else is to come.
                let is_idle = *calls == self.taken.answers();
                is_unasked = is_idle && !bytes.is_empty() && !says_too_late(bytes);
            }
            Spoken::Http2 { read, .. } => {
                read.feed(bytes, |frame| allowance.frame(frame));
            }
        }
        if is_unasked || allowance.is_spent() {
            // Once, for nothing is read any more.
            self.floods.add();
            return Err(io::Error::other(Flood));
        }
        Ok(())
    }

    /// Takes note of what was written.
    fn note_written(&mut self, bytes: &[u8]) {
        let allowance = &mut self.allowance;
        match &mut self.spoken {
            Spoken::Http1 {
                read,
                was_read,
                calls,
            } => {
                if std::mem::take(was_read) {
                    *calls += 1;
                    read.call();
                    allowance.call();
                }
            }
            Spoken::Http2 { written, .. } => written.feed(bytes, |frame| {
                if frame.kind == HEADERS {
                    allowance.call();
                }
            }),
        }
        allowance.written(bytes.len());
    }
}

impl<T: Read + Connection + Wire + Unpin> Read for Guarded<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ending.as_deref().is_some_and(Ending::is_due) {
            return Poll::Ready(Err(io::Error::other(Silent)));
        }
        // What was read into the buffer itself could not be looked at.
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let most = buffer.remaining().min(READ);
        let mut read = ReadBuf::uninit(&mut room[..most]);
        let result = Pin::new(&mut this.io).poll_read(context, read.unfilled());
        if result.is_pending() {
            let ending = this.ending.as_deref();
            if ending.is_some_and(|ending| ending.poll_due(context)) {
                return Poll::Ready(Err(io::Error::other(Silent)));
            }
            // TLS may have read, and found nothing in it.
            return match this.io.came() == this.came {
                true => Poll::Pending,
                false => this
                    .note_read(&[])
                    .map_or_else(|e| Poll::Ready(Err(e)), |()| Poll::Pending),
            };
        }
        ready!(result)?;
        let bytes = read.filled();
        // The end is no flood.
        if !bytes.is_empty() {
            this.note_read(bytes)?;
            buffer.put_slice(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Connection + Wire + Unpin> Write for Guarded<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.io).poll_write(context, bytes))?;
        this.note_written(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.io).poll_write_vectored(context, slices))?;
        let mut left = written;
        for slice in slices {
            let part = slice.len().min(left);
            this.note_written(&slice[..part]);
            left -= part;
            if left == 0 {
                break;
            }
        }
        Poll::Ready(Ok(written))
    }
}

impl<T: Connection> Connection for Guarded<T> {
    /// With the answers goes how what is taken of them is said; nothing else that is
    /// known of the connection is asked for.
    fn connected(&self) -> Connected {
        let inner = self.io.connected();
        let connected = Connected::new()
            .proxy(inner.is_proxied())
            .extra(self.taken.clone());
        match inner.is_negotiated_h2() {
            true => connected.negotiated_h2(),
            false => connected,
        }
    }
}
