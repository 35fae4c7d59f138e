//! The bodies of answers.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Body;

use super::guard::Taken;

/// How many pieces of a body may be smaller than they are worth, and how large those are,
/// in bytes.
const PIECES: usize = 1024;
const WORTH: usize = 64;

/// Why a body was not read to its end.
pub(super) enum ReadError<E> {
    TooLarge,
    /// In more pieces than it is worth.
    Flood,
    Transport(E),
}

/// Reads a body of at most `limit` bytes. One that comes in a single chunk, as
/// most do, is handed on without a copy.
pub(super) async fn read<B>(
    response: Response<B>,
    limit: usize,
) -> Result<Bytes, ReadError<B::Error>>
where
    B: Body<Data = Bytes> + Unpin,
{
    let taken = response.extensions().get::<Taken>().cloned();
    let mut incoming = response.into_body();
    if incoming.size_hint().lower() > limit as u64 {
        return Err(ReadError::TooLarge);
    }
    let mut body = Bytes::new();
    let mut joined = BytesMut::new();
    let mut pieces = 0;
    while let Some(frame) = incoming.frame().await {
        pieces += 1;
        // What comes behind the body says nothing.
        let Ok(chunk) = frame.map_err(ReadError::Transport)?.into_data() else {
            continue;
        };
        let length = body.len() + joined.len() + chunk.len();
        if length > limit {
            return Err(ReadError::TooLarge);
        }
        if pieces > PIECES + length / WORTH {
            return Err(ReadError::Flood);
        }
        if let Some(taken) = &taken {
            taken.add(chunk.len());
        }
        if body.is_empty() && joined.is_empty() {
            body = chunk;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut body));
            joined.extend_from_slice(&chunk);
        }
    }
    if let Some(taken) = &taken {
        taken.end();
    }
    Ok(if joined.is_empty() {
        body
    } else {
        joined.freeze()
    })
}
