//! Writes the frames of what is sent.
//!
//! `tungstenite` reads frames and answers pings. What it writes it also logs, at the level of traces, with all that is
//! in it; and the first thing that is said on a socket is a key.

/// The frame of a text, masked as a client's are.
pub(super) fn text(text: &str, mask: [u8; 4], into: &mut Vec<u8>) {
    const FINAL_TEXT: u8 = 0x81;
    const MASKED: u8 = 0x80;
    into.push(FINAL_TEXT);
    match (u8::try_from(text.len()), u16::try_from(text.len())) {
        (Ok(length @ 0..=125), _) => into.push(MASKED | length),
        (_, Ok(length)) => {
            into.push(MASKED | 126);
            into.extend(length.to_be_bytes());
        }
        _ => {
            into.push(MASKED | 127);
            into.extend((text.len() as u64).to_be_bytes());
        }
    }
    into.extend(mask);
    let masked = text.bytes().zip(mask.into_iter().cycle());
    into.extend(masked.map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;
    use futures_util::StreamExt as _;
    use tokio::io::AsyncWriteExt as _;

    #[tokio::test]
    async fn every_length_is_read_as_it_was_written() {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let mut server = WebSocketStream::from_raw_socket(server, Role::Server, None).await;
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 200_000] {
            let sent = "é".repeat(length / 2) + &"x".repeat(length % 2);
            let mut frame = Vec::new();
            text(&sent, [1, 2, 3, 250], &mut frame);
            client.write_all(&frame).await.unwrap();
            let read = server.next().await.unwrap().unwrap();
            assert!(read.to_text().unwrap() == sent, "{length}");
        }
    }
}
