//! The HTTP API, as far as the contenders use it. Written by hand: a server made
//! for any purpose would be as slow as the clients that it is to measure.

use std::io;
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::answers::{Answers, ELSEWHERE, record, response};
use super::documents::success;

/// Where the process says how many requests it has answered.
pub(super) const COUNT: &str = "/count";

const HEADERS: usize = 32;

/// A request's head.
struct Head {
    path: String,
    authorized: bool,
    /// Where the body begins and ends, counted from the beginning of the request.
    body: std::ops::Range<usize>,
}

pub(super) async fn serve(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    let mut received = Vec::with_capacity(64 * 1024);
    loop {
        let head = loop {
            match head(&received)? {
                Some(head) if received.len() >= head.body.end => break head,
                _ => {
                    if stream.read_buf(&mut received).await? == 0 {
                        return Ok(());
                    }
                }
            }
        };
        let body = str::from_utf8(&received[head.body.clone()]).map_err(io::Error::other)?;
        if head.path == COUNT {
            let count = answers.requests.load(Ordering::Relaxed).to_string();
            stream.write_all(&response(&count)).await?;
        } else {
            answers.count();
            respond(&mut stream, &head, body, answers).await?;
        }
        received.drain(..head.body.end);
    }
}

async fn respond(
    stream: &mut TcpStream,
    head: &Head,
    body: &str,
    answers: &Answers,
) -> io::Result<()> {
    // Every contender has to send the key, as it would have to elsewhere.
    if !head.authorized {
        return stream.write_all(UNAUTHORIZED).await;
    }
    if head.path == "/api/query_batch" {
        return stream.write_all(&response(&batch(body, answers)?)).await;
    }
    if !body.contains("getConfigInternal") {
        return stream.write_all(&answers.of(body).response).await;
    }
    match elsewhere(body) {
        None => stream.write_all(&answers.record).await,
        Some(user) => {
            let url = format!("https://{user}.convex.cloud");
            let record = record(&answers.key, user, &url).map_err(io::Error::other)?;
            stream.write_all(&response(&success(&record))).await
        }
    }
}

/// The user who is asked for, if it is one with a deployment elsewhere.
fn elsewhere(body: &str) -> Option<&str> {
    let user = &body[body.find(ELSEWHERE)?..];
    Some(&user[..user.find('"')?])
}

fn batch(body: &str, answers: &Answers) -> io::Result<String> {
    #[derive(Deserialize)]
    struct Batch<'a> {
        #[serde(borrow)]
        queries: Vec<&'a RawValue>,
    }

    let Batch { queries } = serde_json::from_str(body)?;
    let results: Vec<_> = queries
        .iter()
        .map(|query| answers.of(query.get()).answer.as_str())
        .collect();
    Ok(format!(r#"{{"results":[{}]}}"#, results.join(",")))
}

/// The head of the request at the beginning of `received`, if it is there whole.
fn head(received: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = request.parse(received).map_err(io::Error::other)?
    else {
        return Ok(None);
    };
    let header = |name: &str| {
        let mut headers = request.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(name))
    };
    let length = header("content-length")
        .and_then(|header| str::from_utf8(header.value).ok()?.parse::<usize>().ok())
        .unwrap_or(0);
    Ok(Some(Head {
        path: request.path.unwrap_or_default().to_owned(),
        authorized: header("authorization").is_some(),
        body: start..start + length,
    }))
}

const UNAUTHORIZED: &[u8] =
    b"HTTP/1.1 401 Unauthorized\r\ncontent-type: text/plain\r\ncontent-length: 11\r\n\r\nno key sent";
