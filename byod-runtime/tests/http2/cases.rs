use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Way, slow_way_to, tls, until};
use byod_runtime::{Byod, Client, EncryptionKey, Error, Outcome};
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What the client says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GO_AWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

/// What a setting is about.
const INITIAL_WINDOW_SIZE: u16 = 4;

/// Flags.
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const REFUSED_STREAM: u8 = 7;

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    /// Answered when so many have come, each with headers as servers send them.
    AnsweredTogether(usize),
    /// Answered, and no more are wanted on this connection.
    AnsweredLast,
    /// With more than the client takes, and no end.
    Flooded,
    /// The stream is refused before anything was done.
    Refused,
    /// No stream is processed, this one neither.
    SentAway,
    /// The connection ends.
    Cut,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    /// Of each request, its headers as they were sent.
    requests: Vec<Vec<u8>>,
    /// Streams that the client has broken off.
    resets: usize,
    /// How much may come of one answer, and of all on a connection, before any is taken.
    stream_window: u32,
    window: u32,
}

struct Deployment {
    client: Client,
    fate: Arc<Mutex<Fate>>,
    seen: Arc<Mutex<Seen>>,
}

impl Deployment {
    async fn start() -> Self {
        Self::behind(Duration::ZERO).await
    }

    /// Connecting takes so long.
    async fn behind(delay: Duration) -> Self {
        let (acceptor, pem) = tls::acceptor("localhost", &["h2"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("https://localhost:{}", slow_way_to(port, delay).await);
        let fate = Arc::new(Mutex::new(Fate::Answered));
        let seen = Arc::<Mutex<Seen>>::default();
        tokio::spawn(accept(listener, acceptor, fate.clone(), seen.clone()));
        let byod = Byod::builder()
            .main_url(url)
            .deploy_key("local|key")
            .encryption_key(EncryptionKey::parse("key").unwrap());
        let byod = Way::of(module_path!())
            .set(byod)
            .root_certificate(pem)
            .answer_limit(1000)
            .retries(0)
            .build();
        let client = byod
            .unwrap()
            .main_client()
            .with_deploy_key(&"local|geheim".into());
        Self { client, fate, seen }
    }

    fn decide(&self, fate: Fate) {
        *self.fate.lock().unwrap() = fate;
    }

    async fn query(&self) -> Result<String, Error> {
        self.client.query("a:b", &json!({})).await
    }

    async fn mutation(&self) -> Result<String, Error> {
        self.client.mutation("a:b", &json!({})).await
    }

    /// How many connections there were, and how many requests.
    fn counts(&self) -> (usize, usize) {
        let seen = self.seen.lock().unwrap();
        (seen.connections, seen.requests.len())
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    fate: Arc<Mutex<Fate>>,
    seen: Arc<Mutex<Seen>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, fate, seen) = (acceptor.clone(), fate.clone(), seen.clone());
        tokio::spawn(async move {
            let stream = acceptor.accept(stream).await.unwrap();
            seen.lock().unwrap().connections += 1;
            // The client may end it at any time.
            let _ = serve(stream, &fate, &seen).await;
        });
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

async fn serve(
    mut io: TlsStream<TcpStream>,
    fate: &Mutex<Fate>,
    seen: &Mutex<Seen>,
) -> io::Result<()> {
    let mut preface = [0; PREFACE.len()];
    io.read_exact(&mut preface).await?;
    assert_eq!(preface, PREFACE);
    io.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    let mut waiting = Vec::new();
    loop {
        io.flush().await?;
        let mut head = [0; 9];
        io.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        io.read_exact(&mut payload).await?;
        let stream = u32::from_be_bytes(stream);
        match kind {
            HEADERS => seen.lock().unwrap().requests.push(payload),
            RESET => seen.lock().unwrap().resets += 1,
            SETTINGS if flags & ACK == 0 => {
                for setting in payload.chunks_exact(6) {
                    let [a, b, value @ ..]: [u8; 6] = setting.try_into().unwrap();
                    if u16::from_be_bytes([a, b]) == INITIAL_WINDOW_SIZE {
                        seen.lock().unwrap().stream_window = u32::from_be_bytes(value);
                    }
                }
                io.write_all(&frame(SETTINGS, ACK, 0, &[])).await?;
            }
            // The first comes before any answer.
            WINDOW_UPDATE if stream == 0 && seen.lock().unwrap().window == 0 => {
                let more = u32::from_be_bytes(payload.try_into().unwrap());
                seen.lock().unwrap().window = u32::from(u16::MAX) + more;
            }
            _ => {}
        }
        // All of the request has come.
        if kind != DATA || flags & END_STREAM == 0 {
            continue;
        }
        let fate = *fate.lock().unwrap();
        // Number 8 of the static table: status 200.
        let ok = frame(HEADERS, END_HEADERS, stream, &[0x88]);
        let body = br#"{"status": "success", "value": "done"}"#;
        let answer = [ok.clone(), frame(DATA, END_STREAM, stream, body)].concat();
        let go_away = |last: u32| frame(GO_AWAY, 0, 0, &[last.to_be_bytes(), [0; 4]].concat());
        match fate {
            Fate::Answered => io.write_all(&answer).await?,
            Fate::AnsweredTogether(count) => {
                waiting.push(stream);
                if waiting.len() < count {
                    continue;
                }
                // Not for the table: `a: bbb…`.
                let header = [&[0, 1, b'a', 100][..], &[b'b'; 100]].concat();
                let headers = [&[0x88][..], &header, &header].concat();
                for stream in waiting.drain(..) {
                    let head = frame(HEADERS, END_HEADERS, stream, &headers);
                    io.write_all(&[head, frame(DATA, END_STREAM, stream, body)].concat())
                        .await?;
                    io.flush().await?;
                }
            }
            Fate::AnsweredLast => io.write_all(&[answer, go_away(stream)].concat()).await?,
            Fate::Flooded => {
                let flood = frame(DATA, 0, stream, &[b' '; 4000]);
                io.write_all(&[ok, flood].concat()).await?;
            }
            Fate::Refused => {
                let refused = frame(RESET, 0, stream, &[0, 0, 0, REFUSED_STREAM]);
                io.write_all(&refused).await?;
            }
            Fate::SentAway => {
                // With a text for whoever looks into it.
                let text = "local|geheim is wrong".repeat(100);
                let why = [&[0; 8], text.as_bytes()].concat();
                io.write_all(&frame(GO_AWAY, 0, 0, &why)).await?;
            }
            Fate::Cut => return io.shutdown().await,
        }
    }
}

#[tokio::test]
async fn calls_at_once_share_a_connection() {
    let deployment = Deployment::start().await;
    deployment.query().await.unwrap();
    let calls = join_all((0..50).map(|_| deployment.query())).await;
    for value in calls {
        assert_eq!(value.unwrap(), "done");
    }
    assert_eq!(deployment.counts(), (1, 51));
}

/// As many answers as calls is what was asked for, also all of them together.
#[tokio::test]
async fn answers_that_come_together_are_no_flood() {
    let deployment = Deployment::start().await;
    deployment.query().await.unwrap();
    for count in [64, 500] {
        deployment.decide(Fate::AnsweredTogether(count));
        for value in join_all((0..count).map(|_| deployment.query())).await {
            assert_eq!(value.unwrap(), "done");
        }
    }
    assert_eq!(deployment.counts().0, 1);
}

#[tokio::test]
async fn what_waits_to_be_taken_is_bounded() {
    let deployment = Deployment::start().await;
    deployment.query().await.unwrap();
    let seen = deployment.seen.lock().unwrap();
    assert_eq!((seen.stream_window, seen.window), (2 << 20, 5 << 20));
}

#[tokio::test]
async fn calls_that_come_at_once_are_all_answered_though_there_is_no_connection() {
    for _ in 0..10 {
        let deployment = Deployment::start().await;
        let calls = join_all((0..20).map(|_| deployment.mutation())).await;
        for value in calls {
            assert_eq!(value.unwrap(), "done");
        }
        assert_eq!(deployment.counts().1, 20);
    }
}

#[tokio::test]
async fn who_is_in_a_hurry_takes_no_time_from_the_others() {
    let deployment = Deployment::behind(Duration::from_millis(300)).await;
    let own = Duration::from_millis(50);
    let hurried = deployment.client.with_connect_timeout(own);
    let args = json!({});
    let (first, between, last) = tokio::join!(
        deployment.mutation(),
        hurried.mutation::<String>("a:b", &args),
        deployment.mutation(),
    );
    assert_eq!((&*first.unwrap(), &*last.unwrap()), ("done", "done"));
    let Err(Error::Timeout {
        limit,
        connecting: true,
        ..
    }) = between
    else {
        panic!("{between:?}")
    };
    assert_eq!(limit, own);
    assert_eq!(deployment.counts().1, 2);
    // With a connection that is there, the limit is none.
    let value: String = hurried.mutation("a:b", &args).await.unwrap();
    assert_eq!(value, "done");
}

#[tokio::test]
async fn no_table_of_headers_remembers_the_key() {
    let deployment = Deployment::start().await;
    deployment.query().await.unwrap();
    deployment.query().await.unwrap();
    for headers in &deployment.seen.lock().unwrap().requests {
        // `authorization` is number 23 of the static table; a value never to be indexed.
        assert!(
            headers.windows(2).any(|bytes| bytes == [0x1f, 0x08]),
            "{headers:x?}"
        );
    }
}

#[tokio::test]
async fn a_mutation_is_sent_once_whatever_becomes_of_it() {
    for fate in [Fate::Refused, Fate::SentAway, Fate::Cut] {
        for warm in [false, true] {
            let deployment = Deployment::start().await;
            if warm {
                deployment.query().await.unwrap();
            }
            let before = deployment.counts().1;
            deployment.decide(fate);
            let error = deployment.mutation().await.unwrap_err();
            assert!(
                matches!(error, Error::Interrupted { .. }),
                "{fate:?}: {error:?}"
            );
            assert_eq!(error.outcome(), Outcome::Unknown);
            assert!(!error.is_retryable());
            let text = error.to_string();
            assert!(!text.contains("geheim") && text.len() < 500, "{text}");
            assert_eq!(deployment.counts().1 - before, 1, "{fate:?}");
            // And the next call finds a way.
            deployment.decide(Fate::Answered);
            assert_eq!(deployment.mutation().await.unwrap(), "done", "{fate:?}");
            assert_eq!(deployment.counts().1 - before, 2, "{fate:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_wants_no_more_calls_gets_none() {
    let deployment = Deployment::start().await;
    for number in 1..=5 {
        deployment.decide(Fate::AnsweredLast);
        assert_eq!(deployment.mutation().await.unwrap(), "done");
        assert_eq!(deployment.counts(), (number, number));
        // That the client has read it.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_broken_off_and_no_other_call_suffers() {
    let deployment = Deployment::start().await;
    deployment.decide(Fate::Flooded);
    let error = deployment.query().await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    until(|| deployment.seen.lock().unwrap().resets == 1).await;
    deployment.decide(Fate::Answered);
    assert_eq!(deployment.query().await.unwrap(), "done");
    assert_eq!(deployment.counts(), (1, 2));
}
