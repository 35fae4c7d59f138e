//! Answers that are more than anybody takes.

use std::io::Write as _;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;

const JSON: &str = "content-type: application/json\r\n";

/// Sound, but for so many bytes.
pub fn huge(length: usize) -> Vec<u8> {
    answer(JSON, &long(length))
}

/// Small as long as it isn't inflated, which makes 10 MiB of it.
pub fn bomb() -> Vec<u8> {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    let bomb = BOMB.get_or_init(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&long(10 << 20)).unwrap();
        encoder.finish().unwrap()
    });
    answer(&format!("{JSON}content-encoding: gzip\r\n"), bomb)
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn long(length: usize) -> Vec<u8> {
    let text = "x".repeat(length);
    format!(r#"{{"status": "success", "value": "{text}"}}"#).into_bytes()
}
