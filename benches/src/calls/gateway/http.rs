//! Calls over HTTP: to the deployment itself, through the gateway, and through a proxy as one would write it on Node.

use std::error::Error;
use std::process::Command;

use byod_sync::Token;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

use super::super::external::node_folder;
use super::super::load::{self, Contender, Failure, Order, Outcome};
use super::process::Process;
use super::world::{KEY, Place, Way, World};
use crate::report::{Requirement, Section, Table, median};

/// Calls under way at once.
const CONCURRENCY: usize = 32;

/// For how long each has its turn, in ms.
const SLICE: u64 = 500;

/// Calls one function, with the same arguments each time.
#[derive(Clone)]
struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    url: Uri,
    authorization: HeaderValue,
    body: Bytes,
}

impl Caller {
    fn new(url: &str, token: Token, args: &serde_json::Value) -> Result<Self, Box<dyn Error>> {
        let authorization = match token {
            Token::Admin { key, .. } => format!("Convex {key}"),
            Token::User(token) => format!("Bearer {token}"),
            Token::None => return Err("a call of nobody".into()),
        };
        let body = json!({"path": "notes:get", "args": [args], "format": "convex_encoded_json"});
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            url: format!("{url}/api/query").parse()?,
            authorization: authorization.parse()?,
            body: serde_json::to_vec(&body)?.into(),
        })
    }
}

impl Contender for Caller {
    async fn call(&self, documents: usize) -> Result<usize, Failure> {
        let request = Request::post(self.url.clone())
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(self.body.clone()))?;
        let response = self.client.request(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        // Whoever answers has to have reached the function and found the note.
        if memchr(&body, br#""title""#) {
            return Ok(documents);
        }
        Err(format!("answered {}", String::from_utf8_lossy(&body)).into())
    }
}

fn memchr(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

pub(super) fn measure(world: &World, turns: usize) -> Result<Section, Box<dyn Error>> {
    let environment = [
        ("CONVEX_URL", world.main.url()),
        ("CONVEX_DEPLOY_KEY", world.main.deploy_key()),
        ("BYOD_ENCRYPTION_KEY", KEY.to_owned()),
    ];
    let mut node = Command::new("node");
    let proxy = Process::of(
        node.arg("proxy.mjs").current_dir(node_folder()?),
        &environment,
    )?;
    let mut table = Table::new(&[
        "the note is on",
        "through",
        "calls/s",
        "of direct",
        "p50 µs",
        "p99 µs",
    ]);
    let mut section = Vec::new();
    for place in Place::ALL {
        let user = world.user(place);
        let id = world.note(place, user)?;
        let caller = |way| {
            let (url, token) = world.entrance(way, place, user);
            Caller::new(
                &url,
                token,
                &world.args(way, place, user, json!({"id": id})),
            )
        };
        let by_node = {
            let (_, token) = world.entrance(Way::Gateway, place, user);
            Caller::new(proxy.url(), token, &json!({"id": id}))
        };
        let mut contenders = [
            ("nothing", caller(Way::Direct)?, Vec::new()),
            ("the gateway", caller(Way::Gateway)?, Vec::new()),
            ("a proxy on Node", by_node?, Vec::new()),
        ];
        // The first turn opens connections, and warms up what compiles while it runs.
        for turn in 0..=turns {
            for (_, caller, outcomes) in &mut contenders {
                let order = Order {
                    concurrency: CONCURRENCY,
                    documents: 1,
                    milliseconds: SLICE,
                };
                let outcome = world.runtime.block_on(load::run(caller.clone(), order));
                let outcome = outcome.map_err(|error| -> Box<dyn Error> { error })?;
                if turn > 0 {
                    outcomes.push(outcome);
                }
            }
        }
        let [direct, gateway, node] = contenders.each_ref().map(|(.., outcomes)| outcomes);
        let of = |one: &[Outcome], other: &[Outcome]| {
            let pairs = one.iter().zip(other);
            median(pairs.map(|(one, other)| one.throughput / other.throughput))
        };
        for (name, _, outcomes) in &contenders {
            let figure = |what: fn(&Outcome) -> f64| median(outcomes.iter().map(what));
            table.row(vec![
                place.name().to_owned(),
                (*name).to_owned(),
                format!("{:.0}", figure(|outcome| outcome.throughput)),
                format!("{:.3}", of(outcomes, direct)),
                format!("{:.0}", figure(|outcome| outcome.p50)),
                format!("{:.0}", figure(|outcome| outcome.p99)),
            ]);
        }
        let what = |what: &str| format!("{what}, the note on {}", place.name());
        section.push(Requirement::at_least(
            what("HTTP calls a second of direct"),
            of(gateway, direct),
            0.5,
        ));
        section.push(Requirement::at_least(
            what("HTTP calls a second, times the proxy on Node"),
            of(gateway, node),
            10.0,
        ));
    }
    let title = format!("Queries over HTTP, {CONCURRENCY} at once");
    let mut all = Section::new(title, table);
    all.requirements = section;
    all.notes.push(
        "Caller, deployment and what is between them share the machine's cores; ratios are medians of single turns, which follow each other.".to_owned(),
    );
    Ok(all)
}
