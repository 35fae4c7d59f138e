//! The official clients that keep a socket, unmodified, through the gateway.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::serve::ListenerExt as _;
use byod_gateway::Settings;
use byod_local::{FunctionError, Identity, Local, LocalDeployment};
use byod_runtime::{Byod, ConnectionStatus, Credentials, EncryptionKey, Value};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::neighbour::Neighbour;
use super::network::{Network, Way};
use super::{Gateway, start};
use crate::moving::schemas::changed;
use crate::official_sync::crate_session;
use crate::support::Service;
use crate::support::node::{Node, run_asking, run_script};

/// What the scripts need beside the functions that every deployment has by itself.
fn with_functions(local: Local) -> Local {
    local
        .function("messages:page", |ctx, args| {
            let id = args.str("conversationId").unwrap_or_default();
            let options = args.get("paginationOpts").cloned();
            let messages = ctx.query("messages").eq("conversationId", id);
            messages.desc().paginate(&options.unwrap_or(Value::Null))
        })
        .function("tasks:complete", |_, _| -> Result<(), _> {
            Err(FunctionError::convex(Value::from_iter([
                ("code", Value::from("already_done")),
                ("at", Value::Int64(7)),
            ])))
        })
        .function("conversations:count", |_, _| -> Result<f64, _> {
            Err("the index is being built".into())
        })
}

async fn service() -> Service {
    Service::with(|mut setup| {
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.alices = with_functions(setup.alices);
        setup.main = with_functions(setup.main).function("ai:embed", |_, args| {
            Ok(json!([args.str("text").unwrap_or_default().len() as f64]))
        });
        setup
    })
    .await
}

/// Before main and Alice's deployment, which is in use.
async fn connected() -> Gateway {
    let service = service().await;
    service.save(ConnectionStatus::Connected).await;
    start(service).await
}

impl Gateway {
    /// Without the path: the scripts' networks know none.
    pub(super) fn root(&self) -> String {
        self.url.trim_end_matches("/convex").to_owned()
    }

    pub(super) fn lasting_token(&self, subject: &str) -> String {
        let hour = Duration::from_secs(3600);
        self.service.main.token_for(subject, hour).unwrap()
    }
}

/// Runs a script in which all is Alice's, while Bob uses the same gateway.
pub(super) async fn script(gateway: &Gateway, script: &'static str, arguments: Vec<String>) {
    let neighbour = Neighbour::beside(gateway).await;
    let run = move || {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        run_script(script, &arguments)
    };
    tokio::task::spawn_blocking(run).await.unwrap();
    neighbour.saw_and_was_seen_by_nobody_else(gateway).await;
}

/// How many conversations there are beside Bob's: on main, and on Alice's deployment.
fn conversations(service: &Service) -> [usize; 2] {
    [&service.main, &service.alices].map(|deployment| {
        let all = deployment.documents("conversations");
        let is_bobs = |owner: &str| owner == service.bob_id;
        let others = all
            .iter()
            .filter(|one| !one.str("userId").is_some_and(is_bobs));
        others.count()
    })
}

/// Without `iat` the client doesn't know how long it has the token: it must be told that it ran out.
fn brief_token(main: &LocalDeployment) -> String {
    let soon = SystemTime::now() + Duration::from_secs(3);
    let soon = soon.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    main.token(Identity::new("alice").with("exp", soon))
        .unwrap()
}

async fn watches_mutates_and_comes_back(gateway: &Gateway) {
    let brief = brief_token(&gateway.service.main);
    let arguments = vec![gateway.root(), brief, gateway.lasting_token("alice")];
    script(gateway, "live.mjs", arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn convex_client_watches_mutates_and_comes_back_on_the_users_deployment() {
    if Node::get().is_none() {
        return;
    }
    let gateway = connected().await;
    watches_mutates_and_comes_back(&gateway).await;
    // None is lost, and none doubled.
    assert_eq!(conversations(&gateway.service), [0, 63]);
}

#[tokio::test(flavor = "multi_thread")]
async fn convex_client_watches_mutates_and_comes_back_on_main() {
    if Node::get().is_none() {
        return;
    }
    let gateway = start(service().await).await;
    watches_mutates_and_comes_back(&gateway).await;
    assert_eq!(conversations(&gateway.service), [63, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn react_hooks_page_while_rows_come_and_go() {
    if Node::get().is_none() {
        return;
    }
    for connects in [false, true] {
        let gateway = match connects {
            true => connected().await,
            false => start(service().await).await,
        };
        let arguments = vec![gateway.url.clone(), gateway.lasting_token("alice")];
        script(&gateway, "react.mjs", arguments).await;
        let Service { main, alices, .. } = &gateway.service;
        let expected = if connects { (0, 13) } else { (13, 0) };
        assert_eq!((main.count("messages"), alices.count("messages")), expected);
    }
}

/// A service that can be killed: all that it runs ends at once, wherever it is.
pub(crate) struct Instance {
    runtime: Option<Runtime>,
    pub(crate) address: SocketAddr,
}

impl Instance {
    /// A gateway alone.
    fn start(service: &Service) -> Self {
        let byod = Byod::builder()
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .tables(byod_examples::TABLES)
            .functions(byod_examples::FUNCTIONS)
            .development(true)
            .main_url(service.main.url())
            .deploy_key(service.main.deploy_key());
        let byod = byod.build().unwrap();
        Self::of(byod_gateway::router(byod, Settings::default()))
    }

    pub(crate) fn of(app: Router) -> Self {
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let (tell, told) = mpsc::channel();
        runtime.spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).unwrap());
            axum::serve(listener, app).await
        });
        Self {
            runtime: Some(runtime),
            address: told.recv().unwrap(),
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_with_two_tabs_each_see_their_own_whatever_dies() {
    if Node::get().is_none() {
        return;
    }
    let service = service().await;
    let alices = service.alices.address();
    let way = Network::start(Way::To(alices)).await;
    let instance = Instance::start(&service);
    let front = Network::start(Way::To(instance.address)).await;
    let url = format!("http://{}", way.address);
    let entered = json!({"deploymentUrl": url, "deployKey": service.alices.deploy_key()});
    let hour = Duration::from_secs(3600);
    let token = |subject| service.main.token_for(subject, hour).unwrap();
    let arguments = [
        front.address.port().to_string(),
        token("alice"),
        token("bob"),
        entered.to_string(),
    ];
    let mut running = Some(instance);
    let script = move || {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        run_asking("tabs.mjs", &arguments, |asked| match asked {
            "die" => way.goes(Way::Dead),
            "hang" => way.goes(Way::Hangs),
            "live" => way.goes(Way::To(alices)),
            "kill" => {
                drop(running.take());
                let next = Instance::start(&service);
                front.goes(Way::To(next.address));
                running = Some(next);
            }
            "write" => {
                let title = json!({
                    "title": "written later", "userId": "alice", "model": "m",
                    "createdAt": 0.0, "updatedAt": 0.0,
                });
                service.alices.insert("conversations", title).unwrap();
            }
            other => panic!("{other}"),
        });
        service
    };
    let service = tokio::task::spawn_blocking(script).await.unwrap();
    // Nothing is lost, nothing is doubled, and nothing is where it doesn't belong.
    let counts = |deployment: &LocalDeployment| {
        ["conversations", "shares"].map(|table| deployment.count(table))
    };
    let counts = (counts(&service.main), counts(&service.alices));
    assert_eq!(counts, ([44, 44], [43, 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_begin_again_where_the_data_is_after_it_has_moved() {
    if Node::get().is_none() {
        return;
    }
    // All messages: of a conversation there are none on another deployment, where it isn't.
    let mut manifest: serde_json::Value = serde_json::from_str(byod_examples::MANIFEST).unwrap();
    for side in ["main", "user"] {
        let args = &mut manifest[side]["functions"]["messages:page"]["args"];
        let of_conversation = args["value"].as_object_mut().unwrap();
        of_conversation.remove("conversationId").unwrap();
    }
    let manifest = byod_local::read_manifest(&manifest.to_string()).unwrap();
    let service = Service::with(|mut setup| {
        let page = |local: Local| {
            local.function("messages:page", |ctx, args| {
                let options = args.get("paginationOpts").cloned();
                let messages = ctx.query("messages").desc();
                messages.paginate(&options.unwrap_or(Value::Null))
            })
        };
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.main = page(Local::main(&manifest));
        setup.alices = page(Local::user(&manifest).name("alice"));
        setup
    });
    let gateway = start(service.await).await;
    let alices = &gateway.service.alices;
    let entered = json!({"deploymentUrl": alices.url(), "deployKey": alices.deploy_key()});
    let token = gateway.lasting_token("alice");
    let arguments = vec![gateway.url.clone(), token, entered.to_string()];
    script(&gateway, "moves.mjs", arguments).await;
    assert_eq!(gateway.service.main.count("messages"), 7);
    assert_eq!(alices.count("messages"), 5);
}

/// A client with a subscription open sees its data, a refused write with the reason, and its data again from the other side.
#[tokio::test(flavor = "multi_thread")]
async fn who_watches_while_their_data_moves_sees_it_all_the_time() {
    if Node::get().is_none() {
        return;
    }
    let manifest = changed(|_| {});
    let service = Service::with(|mut setup| {
        let soon = Duration::from_secs(1);
        let byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.byod = byod.cache_ttl(soon).timeout(soon);
        setup.main = Local::main(&manifest);
        setup.alices = Local::user(&manifest).name("alice");
        setup
    });
    let gateway = start(service.await).await;
    let Service {
        byod,
        main,
        alices,
        alice_id,
        ..
    } = &gateway.service;
    let entered = Credentials::new(alices.url(), alices.deploy_key());
    let hers = || {
        let all = main.documents("conversations").into_iter();
        all.filter(|one| one.str("userId") == Some(alice_id))
            .count()
    };
    let moved = async {
        while hers() < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let connected = byod.connect(&**alice_id, "alice", &entered).bring_data();
        connected.await.unwrap()
    };
    let arguments = vec![gateway.url.clone(), gateway.lasting_token("alice")];
    let ((), moved) = tokio::join!(script(&gateway, "moving.mjs", arguments), moved);
    let moved = moved.moved.unwrap().documents as usize;
    // What was moved is where it was, for a week.
    assert_eq!(hers(), moved);
    assert_eq!(alices.count("conversations"), moved + 1);
}

/// By the crate `convex`, which takes another session for each socket, so that what it sends again may run twice.
#[tokio::test(flavor = "multi_thread")]
async fn the_crate_convex_watches_mutates_and_comes_back() {
    let gateway = connected().await;
    let no_key = String::new();
    let arguments = [gateway.root(), gateway.lasting_token("alice"), no_key];
    let made = crate_session(arguments).await;
    assert!(made >= 31, "{made}");
    let Service { main, alices, .. } = &gateway.service;
    assert_eq!(
        (main.count("conversations"), alices.count("conversations")),
        (0, made)
    );
}
