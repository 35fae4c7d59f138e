//! Stands between a process and main, and holds each request until it is let through.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// What the processes do.
pub(crate) enum Event {
    /// A process waits for its request to be let through; main's answer is sent on
    /// only after `answered` was told.
    Held {
        process: usize,
        pass: oneshot::Sender<oneshot::Sender<()>>,
    },
    /// A process's operation is over.
    Done { process: usize },
}

/// The requests that wait at the gate; those that come while nothing else does.
pub(crate) struct Waiting {
    events: mpsc::UnboundedReceiver<Event>,
    held: Vec<oneshot::Sender<oneshot::Sender<()>>>,
    done: usize,
}

impl Waiting {
    pub(crate) fn new(events: mpsc::UnboundedReceiver<Event>) -> Self {
        Self {
            events,
            held: Vec::new(),
            done: 0,
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// How many operations are over.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// Until nobody moves any more without being let through.
    pub(crate) async fn settle(&mut self) {
        let patience = || match self.held.is_empty() {
            // Somebody has to come, or to be over.
            true => Duration::from_millis(200),
            false => Duration::from_millis(8),
        };
        let mut limit = patience();
        while let Ok(Some(event)) = tokio::time::timeout(limit, self.events.recv()).await {
            match event {
                Event::Held { pass, .. } => self.held.push(pass),
                Event::Done { .. } => self.done += 1,
            }
            limit = Duration::from_millis(8);
        }
    }

    /// Lets one of them through.
    pub(crate) async fn pass(&mut self, which: usize) {
        let which = which % self.held.len();
        let (answered, answer) = oneshot::channel();
        self.held.swap_remove(which).send(answered).unwrap();
        answer.await.unwrap();
    }
}

/// The URL of a gate before a deployment.
pub(crate) async fn gate(
    process: usize,
    main: std::net::SocketAddr,
    events: mpsc::UnboundedSender<Event>,
) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let events = events.clone();
            // A process that is over closes its connections.
            tokio::spawn(async move {
                let _ = serve(near, process, main, events).await;
            });
        }
    });
    url
}

async fn serve(
    near: TcpStream,
    process: usize,
    main: std::net::SocketAddr,
    events: mpsc::UnboundedSender<Event>,
) -> std::io::Result<()> {
    let mut near = BufReader::new(near);
    let mut far = BufReader::new(TcpStream::connect(main).await?);
    while let Some(request) = message(&mut near).await? {
        let (pass, passes) = oneshot::channel();
        let _ = events.send(Event::Held { process, pass });
        let Ok(answered) = passes.await else {
            return Ok(());
        };
        far.write_all(&request).await?;
        let answer = message(&mut far).await?.unwrap_or_default();
        let _ = answered.send(());
        near.write_all(&answer).await?;
    }
    Ok(())
}

/// A request or an answer, with a body of stated length.
async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let (mut message, mut length) = (Vec::new(), 0);
    loop {
        let begin = message.len();
        if stream.read_until(b'\n', &mut message).await? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&message[begin..]).to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let begin = message.len();
    message.resize(begin + length, 0);
    stream.read_exact(&mut message[begin..]).await?;
    Ok(Some(message))
}
