//! What comes in place of a function's answer.

use std::sync::OnceLock;

use crate::support::floods;

/// The port of the server that a 301 leads to.
pub(crate) static ELSEWHERE: OnceLock<u16> = OnceLock::new();

/// The limit that the test sets on the size of an answer, in bytes.
pub(crate) const ANSWER_LIMIT: usize = 64 * 1024;

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

const JSON: &str = "content-type: application/json\r\n";

/// A status and nothing else.
pub(crate) fn status(status: u16) -> Vec<u8> {
    answer(&format!("{status} X"), "", &[])
}

/// As a deployment refuses a call.
pub(crate) fn refused(status: u16, code: &str) -> Vec<u8> {
    let body = format!(r#"{{"code": "{code}", "message": "no"}}"#);
    answer(&format!("{status} X"), JSON, body.as_bytes())
}

pub(crate) fn rejected() -> Vec<u8> {
    refused(503, "RejectedBeforeExecution")
}

pub(crate) fn retry_after(status: &str, after: &str) -> Vec<u8> {
    let header = format!("retry-after: {after}\r\n");
    answer(&format!("{status} X"), &header, &[])
}

/// As a load balancer writes.
pub(crate) fn html(status: &str) -> Vec<u8> {
    let page = format!("<html>\r\n<h1>{status}</h1>\r\n</html>");
    answer(status, "content-type: text/html\r\n", page.as_bytes())
}

pub(crate) fn moved() -> Vec<u8> {
    let port = ELSEWHERE.get().unwrap();
    let location = format!("location: http://localhost:{port}/api/query\r\n");
    answer("301 Moved Permanently", &location, &[])
}

pub(crate) fn empty() -> Vec<u8> {
    answer("200 OK", JSON, &[])
}

pub(crate) fn not_an_answer() -> Vec<u8> {
    answer("200 OK", JSON, br#"{"ok": true, "data": []}"#)
}

/// The first half of what the function answered, as if that were all.
pub(crate) fn cut(whole: &[u8]) -> Vec<u8> {
    let body = body(whole);
    answer("200 OK", JSON, &body[..body.len() / 2])
}

/// What the function answered, under another name.
pub(crate) fn other_type(whole: &[u8]) -> Vec<u8> {
    answer("200 OK", "content-type: text/plain\r\n", body(whole))
}

fn body(whole: &[u8]) -> &[u8] {
    let end = whole.windows(4).position(|part| part == b"\r\n\r\n");
    &whole[end.unwrap() + 4..]
}

/// Sound, but for its size.
pub(crate) fn huge() -> Vec<u8> {
    floods::huge(2 * ANSWER_LIMIT)
}

/// Small as long as it isn't inflated, which would be an answer over the limit.
pub(crate) fn bomb() -> Vec<u8> {
    let bomb = floods::bomb();
    assert!(bomb.len() < ANSWER_LIMIT);
    bomb
}
