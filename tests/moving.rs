//! What a user has moves between two deployments of `byod-local`, as between real ones.

mod again;
pub(crate) mod between;
mod called_off;
mod claimed;
mod edges;
mod either;
mod going_on;
mod late;
mod notes;
mod refused;
pub(crate) mod schemas;
mod seen;
mod whole;

use std::collections::BTreeMap;
use std::time::Duration;

use byod_local::{Local, LocalDeployment, Manifest, Moves, Object};
use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, Direction, EncryptionKey, Error, KeepFor,
    Router,
};
use serde_json::{Value as Json, json};

const AT_ONCE: KeepFor = KeepFor::Time(Duration::ZERO);

/// The tables that the tests fill.
const TABLES: [&str; 4] = ["projects", "conversations", "messages", "notes"];

struct World {
    manifest: Manifest,
    byod: Byod,
    main: LocalDeployment,
    own: LocalDeployment,
    alice: String,
    bob: String,
}

impl World {
    /// Alice's deployment is known, and isn't used yet.
    async fn start() -> Self {
        Self::of(|_| {}).await
    }

    /// Where the manifest says something else, too.
    async fn of(says: impl FnOnce(&mut Manifest)) -> Self {
        let mut manifest = schemas::changed(|_| {});
        says(&mut manifest);
        let own = Local::user(&manifest).name("alice");
        Self::with(manifest, |main| main, own).await
    }

    /// Where main has more functions, and Alice's deployment is that one.
    async fn with(manifest: Manifest, main: impl FnOnce(Local) -> Local, own: Local) -> Self {
        let main = main(Local::main(&manifest)).start().await.unwrap();
        let own = own.start().await.unwrap();
        let [alice, bob] = ["alice", "bob"].map(|subject| {
            let account = json!({
                "subject": subject, "name": subject, "email": "someone@example.org",
                "createdAt": 0.0, "updatedAt": 0.0,
            });
            main.insert("users", account).unwrap()
        });
        let byod = builder(&manifest, &main).build().unwrap();
        let world = Self {
            manifest,
            byod,
            main,
            own,
            alice,
            bob,
        };
        let (url, key) = (world.own.url(), world.own.deploy_key());
        world.save(&world.alice, &url, &key).await;
        world
    }

    /// Another process of the service.
    fn builder(&self) -> ByodBuilder {
        builder(&self.manifest, &self.main)
    }

    async fn user_deployment(&self, name: &str) -> LocalDeployment {
        let local = Local::user(&self.manifest).name(name);
        local.start().await.unwrap()
    }

    /// Stores what a user's deployment is called with: main answers as before.
    async fn save(&self, user: &str, url: &str, key: &str) {
        let credentials = Credentials::new(url, key);
        let status = ConnectionStatus::Pending;
        let saved = self.byod.save_credentials(user, &credentials, status);
        saved.await.unwrap();
    }

    /// Whoever sees to the move is gone.
    fn let_go(&self) {
        let row = self.main.documents("byodMoves").remove(0);
        let held = json!({"user": self.alice, "id": row.id(), "holder": row.str("holder")});
        self.main.run("byod/moves:release", held).unwrap();
    }

    /// Documents that refer to each other, also to what comes after them.
    fn fill(&self, user: &str, name: &str, count: usize) {
        let made = |document: Json| {
            let mut document = document;
            for (field, value) in [
                ("userId", json!(user)),
                ("createdAt", json!(7.0)),
                ("updatedAt", json!(8.0)),
            ] {
                document[field] = value;
            }
            document
        };
        let insert = |table: &str, document| self.main.insert(table, made(document)).unwrap();
        for number in 0..count {
            let name = format!("{name} {number}");
            let project = insert("projects", json!({"name": name}));
            let chat = json!({"title": name, "model": "m", "projectId": project});
            let chat = insert("conversations", chat);
            let first = json!({"conversationId": chat, "role": "user", "content": name});
            let first = insert("messages", first);
            let second = json!({
                "conversationId": chat, "role": "user", "content": format!("{name}, again"), "parentId": first,
            });
            let second = insert("messages", second);
            insert(
                "notes",
                json!({"title": name, "content": "", "projectId": project, "messageId": second}),
            );
        }
    }
}

fn builder(manifest: &Manifest, main: &LocalDeployment) -> ByodBuilder {
    let router = Router::of_manifest(manifest);
    Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .tables(router.tables())
        .functions(router.functions())
        .cache_ttl(Duration::from_secs(1))
        .timeout(Duration::from_secs(1))
        .development(true)
}

/// All that a user has there, with what documents say in the place of their ids.
fn everything(deployment: &LocalDeployment, owner: &str) -> Vec<Json> {
    let documents: Vec<Object> = TABLES
        .iter()
        .flat_map(|table| deployment.documents(table))
        .collect();
    let mut names = BTreeMap::from([(owner.to_owned(), "the user".to_owned())]);
    for document in &documents {
        let says = ["name", "title", "content"]
            .into_iter()
            .find_map(|field| document.str(field));
        names.insert(document.id().unwrap().to_owned(), says.unwrap().to_owned());
    }
    let theirs = documents
        .into_iter()
        .filter(|document| document.str("userId") == Some(owner));
    theirs
        .map(|mut document| {
            document.remove("_id");
            document.remove("_creationTime");
            named(serde_json::to_value(document).unwrap(), &names)
        })
        .collect()
}

fn named(value: Json, names: &BTreeMap<String, String>) -> Json {
    match value {
        Json::String(text) => names
            .get(&text)
            .map_or(json!(text), |name| json!({"is": name})),
        Json::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, named(value, names)));
            Json::Object(fields.collect())
        }
        other => other,
    }
}

#[tokio::test]
async fn what_a_user_has_goes_in_and_out_and_in_again() {
    let world = World::start().await;
    let World {
        byod,
        main,
        own,
        alice,
        bob,
        ..
    } = &world;
    world.fill(alice, "hers", 150);
    world.fill(bob, "his", 3);
    let (hers, his) = (everything(main, alice), everything(main, bob));
    assert_eq!(hers.len(), 150 * 5);

    for _ in 0..2 {
        let plan = byod.move_in(&**alice, "alice").plan().await.unwrap();
        assert_eq!(plan.problem, None);
        assert_eq!(
            plan.tables.iter().map(|table| table.documents).sum::<u64>(),
            150 * 5
        );
        let moved = byod.move_in(&**alice, "alice").keep(AT_ONCE).await.unwrap();
        assert_eq!(
            (moved.documents, moved.kept, moved.notes),
            (150 * 5, 0, vec![])
        );
        assert_eq!(everything(own, "alice"), hers);
        assert!(everything(main, alice).is_empty());

        let moved = byod
            .move_out(&**alice, "alice")
            .keep(AT_ONCE)
            .await
            .unwrap();
        assert_eq!(
            (moved.documents, moved.kept, moved.notes),
            (150 * 5, 0, vec![])
        );
        assert_eq!(everything(main, alice), hers);
        assert!(everything(own, "alice").is_empty());
        assert_eq!(everything(main, bob), his);
        assert!(!byod.status(&**alice).await.unwrap().enabled);
    }
    let history = byod.history(&**alice).await.unwrap().unwrap();
    let ways: Vec<_> = history.iter().filter_map(|entry| entry.direction).collect();
    let (there, back) = (Direction::In, Direction::Out);
    assert_eq!(ways, [back, there, back, there], "the latest first");
    assert_eq!(
        (
            main.count("byodMoves"),
            main.count("byodMoved"),
            own.count("byodMoved")
        ),
        (0, 0, 0)
    );
}

/// What refers to what can't be there goes without it, or stays.
#[tokio::test]
async fn what_refers_to_somebody_elses_goes_without_it_or_stays() {
    let world = World::start().await;
    world.fill(&world.bob, "his", 1);
    let his = world.main.documents("conversations")[0]
        .id()
        .unwrap()
        .to_owned();
    let project = world.main.documents("projects")[0].id().unwrap().to_owned();
    let user = (&world.alice, 7.0);
    let message = json!({
        "userId": user.0, "conversationId": his, "role": "user", "content": "there", "createdAt": user.1, "updatedAt": user.1,
    });
    let note = json!({
        "userId": user.0, "title": "a", "content": "", "projectId": project, "createdAt": user.1, "updatedAt": user.1,
    });
    world.main.insert("messages", message).unwrap();
    world.main.insert("notes", note).unwrap();

    let moved = world
        .byod
        .move_in(&*world.alice, "alice")
        .keep(AT_ONCE)
        .await
        .unwrap();
    assert_eq!((moved.documents, moved.kept), (1, 1));
    let note = "notes: without `projectId`".to_owned();
    assert_eq!(moved.notes, [(note, 1)]);
    let left = &moved.left[0];
    assert_eq!(
        (left.table.as_str(), left.reason.as_str()),
        ("messages", "it needs conversationId")
    );
    assert_eq!(world.own.documents("notes")[0].get("projectId"), None);
    assert_eq!(world.own.count("messages"), 0);
    assert_eq!(everything(&world.main, &world.alice).len(), 1);
}

/// Each document is counted, however many came at once, and whoever has copied it.
#[tokio::test]
async fn what_documents_are_without_is_counted() {
    let world = World::of(|manifest| manifest.moves = Some(Moves { created_at: None })).await;
    world.fill(&world.bob, "his", 1);
    let project = world.main.documents("projects")[0].id().unwrap().to_owned();
    for number in 0..250 {
        let note = json!({
            "userId": world.alice, "title": number.to_string(), "content": "", "projectId": project,
            "createdAt": 7.0, "updatedAt": 7.0,
        });
        world.main.insert("notes", note).unwrap();
    }
    let moving = world.byod.move_in(&*world.alice, "alice");
    notes::cut_off(moving, || world.own.count("notes") > 0).await;
    world.let_go();
    let moved = world.byod.move_in(&*world.alice, "alice").await.unwrap();
    let note = "notes: without `projectId`".to_owned();
    assert_eq!((moved.documents, moved.notes), (250, vec![(note, 250)]));
    assert_eq!(moved.undated, ["notes"]);
}

/// What is everybody's stays.
#[tokio::test]
async fn common_tables_do_not_move() {
    let is_common = |manifest: &mut Manifest| {
        manifest.ownership.common.insert("notes".to_owned());
    };
    let world = World::of(is_common).await;
    world.fill(&world.alice, "hers", 1);
    let moved = world.byod.move_in(&*world.alice, "alice").keep(AT_ONCE);
    assert_eq!(moved.await.unwrap().documents, 4);
    let (main, own) = (&world.main, &world.own);
    assert_eq!((main.count("notes"), own.count("notes")), (1, 0));
    assert_eq!((main.count("messages"), own.count("messages")), (0, 2));
}

#[tokio::test]
async fn a_move_that_is_called_off_leaves_nothing() {
    let world = World::start().await;
    world.fill(&world.alice, "hers", 20);
    let hers = everything(&world.main, &world.alice);
    let (byod, alice) = (world.byod.clone(), world.alice.clone());
    let moving = tokio::spawn(async move { byod.move_in(alice, "alice").await });
    while world.own.count("notes") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(world.byod.cancel_move(&*world.alice).await.unwrap());
    let error = moving.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::NotMoved { .. }), "{error}");
    assert_eq!(everything(&world.main, &world.alice), hers);
    assert_eq!(
        (world.own.count("notes"), world.own.count("byodMoved")),
        (0, 0)
    );
    assert_eq!(world.main.count("byodMoves"), 0);
}
