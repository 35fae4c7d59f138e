//! The official crate `convex`: one client, which has one WebSocket. Its query is a
//! subscription that ends with the first value. Two subscriptions to the same query
//! share one; so that every call reaches the deployment, each has an argument of its
//! own. What it gives is the crate's `Value`; it has no typed documents.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use convex::{ConvexClient, ConvexClientBuilder, FunctionResult, Value};
use load::{Contender, Failure, Order};

#[path = "../../src/calls/load.rs"]
mod load;

#[derive(Clone)]
struct Official {
    client: ConvexClient,
    calls: Arc<AtomicU64>,
}

impl Contender for Official {
    async fn call(&self, documents: usize) -> Result<usize, Failure> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let args = BTreeMap::from([
            ("archived".to_owned(), Value::Boolean(false)),
            ("limit".to_owned(), Value::Float64(documents as f64)),
            ("call".to_owned(), Value::Float64(number as f64)),
            ("userId".to_owned(), "user_2abcdefghijklmnop".into()),
        ]);
        // A clone has its own place in the stream of results, as a handler would.
        let mut client = self.client.clone();
        match client.query("conversations:list", args).await? {
            FunctionResult::Value(Value::Array(documents)) => Ok(documents.len()),
            other => Err(format!("another answer than asked for: {other:?}").into()),
        }
    }
}

fn main() -> Result<(), Failure> {
    let variable = |name| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let client = runtime.block_on(async {
        let builder = ConvexClientBuilder::new(&variable("DEPLOYMENT_URL")?);
        let mut client = builder.build().await?;
        client.set_admin_auth(variable("DEPLOY_KEY")?, None).await;
        Ok::<_, Failure>(client)
    })?;
    let official = Official {
        client,
        calls: Arc::default(),
    };
    for line in std::io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        let outcome = runtime.block_on(load::run(official.clone(), order))?;
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{}", serde_json::to_string(&outcome)?)?;
        stdout.flush()?;
    }
    Ok(())
}
