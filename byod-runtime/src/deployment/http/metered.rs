//! Around a connection that becomes a socket: ends it where more comes than anybody could watch.
//!
//! Nobody asks for what comes on a socket, so nothing else bounds it. Each frame costs something, however small it is and
//! whatever message it is a part of, and each byte has to be read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::floods::Floods;
use super::guard::{Flood, Wire};

/// How many frames may come at once, and how many a second over a longer time.
const FRAMES: (f64, f64) = (20_000.0, 2_000.0);

/// How many bytes, of a deployment that is a user's: two of the largest messages, and then one of the largest values a
/// second.
const BYTES: (f64, f64) = ((128 << 20) as f64, (16 << 20) as f64);

/// A connection with an allowance.
pub(super) struct Metered<T> {
    io: T,
    floods: Arc<Floods>,
    frames: Allowance,
    /// `None` for main, which may say as much as it likes.
    bytes: Option<Allowance>,
    at: At,
    /// How many bytes had come when it was looked at last.
    came: u64,
}

/// Whether more came than may.
pub(crate) fn is_flood(error: &tokio_tungstenite::tungstenite::Error) -> bool {
    use tokio_tungstenite::tungstenite::Error::Io;
    matches!(error, Io(error) if error.get_ref().is_some_and(|error| error.is::<Flood>()))
}

impl<T: Wire> Metered<T> {
    /// A connection on which the answer to the handshake is still to come.
    pub(super) fn before_handshake(io: T, floods: Arc<Floods>) -> Self {
        Self::new(io, floods, At::Handshake([0; 4]))
    }

    /// A connection on which frames come.
    #[cfg(feature = "reqwest")]
    pub(super) fn after_handshake(io: T, floods: Arc<Floods>) -> Self {
        Self::new(io, floods, At::BETWEEN)
    }

    fn new(io: T, floods: Arc<Floods>, at: At) -> Self {
        let now = Instant::now();
        Self {
            came: io.came(),
            io,
            frames: Allowance::new(FRAMES, now),
            bytes: floods.is_a_users().then(|| Allowance::new(BYTES, now)),
            floods,
            at,
        }
    }

    /// Takes note of what came; an error where it is too much.
    fn note(&mut self, bytes: &[u8]) -> io::Result<()> {
        // What TLS adds comes, too, also where nothing is in it.
        let came = self.io.came() - self.came;
        self.came += came;
        let came = came.max(bytes.len() as u64);
        if came == 0 {
            return Ok(());
        }
        let now = Instant::now();
        let frames = self.at.feed(bytes);
        let mut is_spent = self.frames.spend(frames, now);
        if let Some(allowance) = &mut self.bytes {
            is_spent |= allowance.spend(came, now);
        }
        if is_spent {
            // Once, for nothing is read any more.
            self.floods.add();
            return Err(io::Error::other(Flood));
        }
        Ok(())
    }
}

/// What TLS adds is not known of connections that others made.
#[cfg(feature = "reqwest")]
impl Wire for reqwest::Upgraded {
    fn came(&self) -> u64 {
        0
    }
}

impl<T: Wire> Wire for TokioIo<T> {
    fn came(&self) -> u64 {
        self.inner().came()
    }
}

impl<T: AsyncRead + Wire + Unpin> AsyncRead for Metered<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        match this.note(&buffer.filled()[before..]) {
            Ok(()) => read,
            Err(flood) => Poll::Ready(Err(flood)),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Metered<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }
}

/// What may come, which fills up again.
struct Allowance {
    left: f64,
    most: f64,
    a_second: f64,
    since: Instant,
}

impl Allowance {
    fn new((most, a_second): (f64, f64), now: Instant) -> Self {
        Self {
            left: most,
            most,
            a_second,
            since: now,
        }
    }

    /// So many came; says whether they are too many.
    fn spend(&mut self, count: u64, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.since);
        // Not for everything that comes: there may be much in no time.
        if passed > Duration::from_millis(50) {
            self.left = (self.left + passed.as_secs_f64() * self.a_second).min(self.most);
            self.since = now;
        }
        self.left -= count as f64;
        self.left < 0.0
    }
}

/// Where in what comes a connection is.
enum At {
    /// In the head of the answer to the handshake, behind these bytes.
    Handshake([u8; 4]),
    /// In the head of a frame, of which so many bytes are known.
    Head([u8; 14], usize),
    /// In a frame, of which so many bytes are left.
    Frame(u64),
}

impl At {
    const BETWEEN: Self = Self::Head([0; 14], 0);

    /// Goes on with the next bytes, and says how many frames begin in them.
    fn feed(&mut self, mut bytes: &[u8]) -> u64 {
        let mut frames = 0;
        while let [next, rest @ ..] = bytes {
            match self {
                Self::Handshake([_, a, b, c]) => {
                    let last = [*a, *b, *c, *next];
                    *self = match &last {
                        b"\r\n\r\n" => Self::BETWEEN,
                        _ => Self::Handshake(last),
                    };
                    bytes = rest;
                }
                Self::Head(head, known) => {
                    head[*known] = *next;
                    *known += 1;
                    if let Some(length) = payload(&head[..*known]) {
                        frames += 1;
                        *self = match length {
                            0 => Self::BETWEEN,
                            length => Self::Frame(length),
                        };
                    }
                    bytes = rest;
                }
                Self::Frame(left) => {
                    let skipped = usize::try_from(*left)
                        .unwrap_or(usize::MAX)
                        .min(bytes.len());
                    *left -= skipped as u64;
                    if *left == 0 {
                        *self = Self::BETWEEN;
                    }
                    bytes = &bytes[skipped..];
                }
            }
        }
        frames
    }
}

/// How long what follows is, if that is a whole head.
fn payload(head: &[u8]) -> Option<u64> {
    let second = *head.get(1)?;
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let (size, length) = match second & 0x7f {
        126 => {
            let length = head.get(2..4)?.try_into().ok()?;
            (4, u64::from(u16::from_be_bytes(length)))
        }
        127 => {
            let length = head.get(2..10)?.try_into().ok()?;
            (10, u64::from_be_bytes(length))
        }
        length => (2, u64::from(length)),
    };
    (head.len() == size + mask).then_some(length)
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt as _, StreamExt as _};
    use proptest::prelude::*;
    use tokio::io::DuplexStream;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    impl Wire for DuplexStream {
        fn came(&self) -> u64 {
            0
        }
    }

    #[test]
    fn a_flood_is_told_from_a_busy_socket() {
        let begin = Instant::now();
        let mut allowance = Allowance::new(FRAMES, begin);
        // A thousand frames a second, for an hour.
        let mut busy = (0..3_600_000u64).map(|ms| begin + Duration::from_millis(ms));
        assert!(!busy.any(|now| allowance.spend(1, now)));
        let mut flood = (0..30_000u64).map(|tens| begin + Duration::from_micros(tens * 10));
        let mut allowance = Allowance::new(FRAMES, begin);
        assert!(flood.any(|now| allowance.spend(1, now)));
        // A value of 16 MiB a second, for an hour; and ten of them.
        let largest = (16 << 20) - 100;
        let mut allowance = Allowance::new(BYTES, begin);
        let mut busy = (0..3600).map(|seconds| begin + Duration::from_secs(seconds));
        assert!(!busy.any(|now| allowance.spend(largest, now)));
        assert!((0..10).any(|_| allowance.spend(largest, begin)));
    }

    proptest! {
        /// However the bytes are cut, the frames are the same.
        #[test]
        fn frames_are_found(
            lengths in prop::collection::vec(prop_oneof![0_usize..130, 65_530_usize..65_540], 0..8),
            cuts in prop::collection::vec(1_usize..40_000, 1..20),
            masked: bool,
            handshake: bool,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut bytes = runtime.block_on(async {
                let (one, mut other) = tokio::io::duplex(1 << 20);
                let role = if masked { Role::Client } else { Role::Server };
                let mut socket = WebSocketStream::from_raw_socket(one, role, None).await;
                for length in &lengths {
                    socket.send(Message::binary(vec![b'\n'; *length])).await.unwrap();
                }
                drop(socket);
                let mut bytes = Vec::new();
                tokio::io::AsyncReadExt::read_to_end(&mut other, &mut bytes).await.unwrap();
                bytes
            });
            let mut at = At::BETWEEN;
            if handshake {
                bytes.splice(..0, *b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n");
                at = At::Handshake([0; 4]);
            }
            let (mut rest, mut cuts, mut found) = (&*bytes, cuts.iter().cycle(), 0);
            while !rest.is_empty() {
                let (part, behind) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                found += at.feed(part);
                rest = behind;
            }
            prop_assert_eq!(found as usize, lengths.len());
        }
    }

    /// What becomes of a socket on which that comes again and again.
    async fn after(endless: &'static [u8], floods: Floods) -> (bool, u32) {
        let (one, mut other) = tokio::io::duplex(1 << 20);
        let floods = Arc::new(floods);
        let io = Metered::new(one, floods.clone(), At::BETWEEN);
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;
        let flood = tokio::spawn(async move {
            let many = endless.repeat((64 << 10) / endless.len() + 1);
            // Until it is closed, or nobody can say that it is not bounded.
            for _ in 0..4096 {
                if tokio::io::AsyncWriteExt::write_all(&mut other, &many)
                    .await
                    .is_err()
                {
                    return;
                }
            }
        });
        let ended = loop {
            match socket.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break is_flood(&error),
                None => break false,
            }
        };
        drop(socket);
        flood.await.unwrap();
        (ended, floods.in_a_row())
    }

    #[tokio::test]
    async fn whatever_comes_without_end_is_ended() {
        // Pings; parts of one message that never ends, each empty; and messages that are large.
        assert_eq!(after(&[0x89, 0], Floods::default()).await, (true, 1));
        assert_eq!(after(&[0x00, 0], Floods::of_a_user()).await, (true, 1));
        static LARGE: [u8; 4 + 60_000] = {
            let mut frame = [b' '; 4 + 60_000];
            let [a, b] = 60_000_u16.to_be_bytes();
            (frame[0], frame[1], frame[2], frame[3]) = (0x82, 126, a, b);
            frame
        };
        assert_eq!(after(&LARGE, Floods::of_a_user()).await, (true, 1));
        // Main may say as much as it likes.
        assert_eq!(after(&LARGE, Floods::default()).await, (false, 0));
    }
}
