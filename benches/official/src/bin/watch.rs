//! The official crate `convex` as a subscriber: one client, which has one WebSocket, and
//! a task for each subscription. Orders and answers are those of `live.rs`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{SystemTime, UNIX_EPOCH};

use convex::{ConvexClient, ConvexClientBuilder, FunctionResult, QuerySubscription, Value};
use futures_util::StreamExt as _;
use serde::Deserialize;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is to be done next.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Order {
    /// Watch these notes, until each has a value.
    Watch(Vec<String>),
    /// Tell when the next so many values came.
    Take(usize),
}

fn main() -> Result<(), Failure> {
    let variable = |name| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let mut client = runtime.block_on(async {
        let builder = ConvexClientBuilder::new(&variable("DEPLOYMENT_URL")?);
        let mut client = builder.build().await?;
        client.set_auth(Some(variable("TOKEN")?)).await;
        Ok::<_, Failure>(client)
    })?;
    let (sender, values) = channel();
    for line in std::io::stdin().lock().lines() {
        let times = match serde_json::from_str(&line?)? {
            Order::Watch(ids) => {
                let count = ids.len();
                runtime.block_on(watch(&mut client, ids, &sender))?;
                take(&values, count)?
            }
            Order::Take(count) => take(&values, count)?,
        };
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{}", serde_json::to_string(&times)?)?;
        stdout.flush()?;
    }
    Ok(())
}

/// When the next so many values came, in µs since 1970.
fn take(values: &Receiver<u64>, count: usize) -> Result<Vec<u64>, Failure> {
    let times = (0..count).map(|_| values.recv());
    Ok(times.collect::<Result<_, _>>()?)
}

async fn watch(
    client: &mut ConvexClient,
    ids: Vec<String>,
    values: &Sender<u64>,
) -> Result<(), Failure> {
    // Side by side: it copies all that it has with each answer, so ten thousand one after the other take minutes.
    let begun = ids.into_iter().map(|id| {
        let (mut client, values) = (client.clone(), values.clone());
        async move {
            let args = BTreeMap::from([("id".to_owned(), Value::from(id))]);
            let subscription = client.subscribe("notes:get", args).await?;
            tokio::spawn(forward(subscription, values));
            Ok::<_, Failure>(())
        }
    });
    futures_util::future::try_join_all(begun).await?;
    Ok(())
}

/// It gives a value at every transition, whether it has changed or not.
async fn forward(mut subscription: QuerySubscription, values: Sender<u64>) {
    let mut last = None;
    while let Some(FunctionResult::Value(value)) = subscription.next().await {
        if last.as_ref() == Some(&value) {
            continue;
        }
        last = Some(value);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        if values
            .send(now.map_or(0, |now| now.as_micros() as u64))
            .is_err()
        {
            break;
        }
    }
}
