//! What the official crate `convex` does over a socket, for the tests, against the deployment that the arguments name: its
//! URL, a token of `alice`, and its deploy key. It fails where anything is not as on Convex, and prints how many
//! conversations it made.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use convex::{AuthenticationToken, ConvexClient, FunctionResult, QuerySubscription, Value};
use convex_sync_types::UserIdentityAttributes;
use futures_util::StreamExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Args = BTreeMap<String, Value>;

/// How many mutations are made while the network is cut again and again.
const MANY: usize = 30;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    timeout(Duration::from_secs(60), session()).await?
}

async fn session() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, token, key] = arguments.as_slice() else {
        return Err("usage: session URL TOKEN DEPLOY_KEY".into());
    };
    let (url, network) = network(url).await?;
    let mut client = ConvexClient::new(&url).await?;
    client.set_auth(Some(token.clone())).await;
    let mut list = client.subscribe("conversations:list", Args::new()).await?;
    until(&mut list, &[]).await?;

    // Its own change is seen.
    create(&mut client, "a").await?;
    until(&mut list, &["a"]).await?;
    // An action, an error, and one with data.
    let text = Args::from([("text".to_owned(), "abc".into())]);
    let embedded = client.action("ai:embed", text).await?;
    let expected = FunctionResult::Value(Value::Array(vec![Value::Float64(3.0)]));
    ensure(embedded == expected, &embedded)?;
    match client.query("conversations:count", Args::new()).await? {
        FunctionResult::ErrorMessage(message) if message.contains("the index is being built") => {}
        other => return Err(format!("{other:?}").into()),
    }
    let title = [("title", "Dig".into()), ("status", "todo".into())];
    let task = client.mutation("tasks:create", args(title)).await?;
    let FunctionResult::Value(id) = task else {
        return Err(format!("{task:?}").into());
    };
    match client
        .mutation("tasks:complete", args([("id", id)]))
        .await?
    {
        FunctionResult::ConvexError(error) => {
            let code = match &error.data {
                Value::Object(data) => data.get("code").cloned(),
                _ => None,
            };
            ensure(code == Some("already_done".into()), &error)?;
        }
        other => return Err(format!("{other:?}").into()),
    }

    // Who has the deploy key acts as somebody. A gateway takes none.
    if !key.is_empty() {
        acts_as_alice(&url, key).await?;
    }

    // Mutations while the network is cut again and again: none is lost. That some run twice is this crate's own doing: it
    // takes another session for each socket.
    for number in 0..MANY {
        if number % 6 == 3 {
            network.cut();
        }
        let title = format!("n{number}");
        let conversation = args([("title", title.into()), ("model", "m".into())]);
        let made = client.mutation("conversations:create", conversation);
        // One that is begun while there is no socket fails, and is made all the same later.
        if let Ok(made) = timeout(Duration::from_secs(20), made).await? {
            ensure(matches!(made, FunctionResult::Value(_)), &made)?;
        }
    }
    let mut made = 0;
    let all = MANY + 1;
    let came = async {
        while let Some(titles) = next(&mut list).await? {
            made = titles.len();
            if titles.into_iter().collect::<BTreeSet<_>>().len() == all {
                break;
            }
        }
        Ok::<_, Failure>(())
    };
    timeout(Duration::from_secs(20), came).await??;
    println!("{made}");
    Ok(())
}

async fn acts_as_alice(url: &str, key: &str) -> Result<(), Failure> {
    let mut admin = ConvexClient::new(url).await?;
    let alice = UserIdentityAttributes {
        subject: Some("alice".to_owned()),
        issuer: Some("https://auth.local".to_owned()),
        ..Default::default()
    };
    let (key, alice) = (key.to_owned(), Some(alice));
    let fetcher = move |_| {
        let token = AuthenticationToken::Admin(key.clone(), alice.clone());
        Box::pin(async move { Ok(token) }) as _
    };
    admin.set_auth_callback(Some(Box::new(fetcher))).await;
    let mut of_admin = admin.subscribe("conversations:list", Args::new()).await?;
    until(&mut of_admin, &["a"]).await?;
    Ok(())
}

fn args<const N: usize>(args: [(&str, Value); N]) -> Args {
    args.map(|(name, value)| (name.to_owned(), value)).into()
}

fn ensure(holds: bool, found: &impl std::fmt::Debug) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(format!("not expected: {found:?}").into()),
    }
}

async fn create(client: &mut ConvexClient, title: &str) -> Result<(), Failure> {
    let conversation = args([("title", title.into()), ("model", "m".into())]);
    let made = client.mutation("conversations:create", conversation);
    let made = timeout(Duration::from_secs(20), made).await??;
    ensure(matches!(made, FunctionResult::Value(_)), &made)
}

/// The titles of the next value.
async fn next(list: &mut QuerySubscription) -> Result<Option<Vec<String>>, Failure> {
    let titles = match list.next().await {
        None => return Ok(None),
        Some(FunctionResult::Value(Value::Array(list))) => list,
        // Before the token has arrived there is nobody.
        Some(FunctionResult::ErrorMessage(message)) if message.contains("Unauthenticated") => {
            return Ok(Some(vec!["nobody".to_owned()]));
        }
        Some(other) => return Err(format!("{other:?}").into()),
    };
    let title = |conversation| match conversation {
        Value::Object(mut fields) => match fields.remove("title") {
            Some(Value::String(title)) => Ok(title),
            other => Err(format!("{other:?}").into()),
        },
        other => Err(format!("{other:?}").into()),
    };
    titles
        .into_iter()
        .map(title)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Waits until the titles are these.
async fn until(list: &mut QuerySubscription, wanted: &[&str]) -> Result<(), Failure> {
    let came = async {
        while let Some(titles) = next(list).await? {
            if titles == wanted {
                return Ok(());
            }
        }
        Err::<(), Failure>("the subscription has ended".into())
    };
    timeout(Duration::from_secs(20), came).await?
}

/// A network that can be cut.
#[derive(Clone, Default)]
struct Network(std::sync::Arc<std::sync::Mutex<Vec<AbortHandle>>>);

impl Network {
    fn cut(&self) {
        for connection in self.0.lock().unwrap().drain(..) {
            connection.abort();
        }
    }
}

/// The URL of a deployment behind a network.
async fn network(url: &str) -> Result<(String, Network), Failure> {
    let address = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = format!("http://{}", listener.local_addr()?);
    let network = Network::default();
    let connections = network.clone();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let address = address.clone();
            let connection = tokio::spawn(async move {
                if let Ok(mut far) = TcpStream::connect(address).await {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
            let handle = connection.abort_handle();
            connections.0.lock().unwrap().push(handle);
        }
    });
    Ok((near, network))
}
