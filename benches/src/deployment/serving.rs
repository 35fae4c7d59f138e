//! Takes connections, of either protocol.

use std::io;
use std::net::TcpListener;
use std::rc::Rc;

use super::answers::Answers;
use super::{http, sync};

/// Serves on this thread until the process ends.
pub fn serve(listener: TcpListener) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let url = format!("http://{}", listener.local_addr()?);
    let answers = Rc::new(Answers::new(url).map_err(io::Error::other)?);
    listener.set_nonblocking(true)?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answers = answers.clone();
            tokio::task::spawn_local(async move {
                // A connection that ends is no failure of the server.
                let _ = connection(stream, &answers).await;
            });
        }
    })
}

async fn connection(stream: tokio::net::TcpStream, answers: &Answers) -> io::Result<()> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // Only a WebSocket begins with a GET; every call is a POST.
    match first {
        [b'G'] => sync::serve(stream, answers).await,
        _ => http::serve(stream, answers).await,
    }
}
