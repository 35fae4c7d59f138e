//! All that a user of the example app has, in every table that moves: to their deployment, back, and there again.
//!
//! `BYOD_DOCUMENTS` says how many documents. There are no files in `byod-local`: those move in `byod-cli/tests/example_data.rs`.

use std::collections::{BTreeMap, BTreeSet};

use byod_local::{Local, LocalDeployment, Manifest, Object};
use serde_json::{Value as Json, json};

use super::schemas::{add, changed, fields, id};
use super::{AT_ONCE, World};
use crate::support::made::{Digest, Maker, shares, tables_of};

/// What others have.
const FEW: usize = 300;

/// The example's tables, and ids wherever they may be: in arrays, in records, and as their keys. Not all documents say when
/// they were made.
fn tables(manifest: &mut Json) {
    let array = |of: Json| json!({"type": "array", "value": of});
    let record = |keys: Json, values: Json| json!({"type": "record", "keys": keys, "values": {"fieldType": values, "optional": false}});
    let object = json!({"type": "object", "value": {
        "note": {"fieldType": id("notes"), "optional": true},
        "files": {"fieldType": array(id("files")), "optional": false},
    }});
    let text = json!({"type": "string"});
    add(manifest, "tasks", "blockedBy", &array(id("tasks")));
    add(
        manifest,
        "notes",
        "seen",
        &record(id("messages"), text.clone()),
    );
    add(
        manifest,
        "messages",
        "answers",
        &record(text, array(id("messages"))),
    );
    add(manifest, "projects", "pinned", &array(object));
    for side in ["main", "user"] {
        for table in ["notes", "tags"] {
            fields(manifest, side, table)["createdAt"]["optional"] = true.into();
        }
    }
    manifest["main"]["functions"]["tests:replace"] = json!({
        "functionType": "Mutation", "visibility": {"kind": "internal"}, "args": {"type": "any"},
    });
}

fn replacing(main: Local) -> Local {
    main.function("tests:replace", |ctx, mut args| {
        let document = args.remove("document").unwrap();
        ctx.replace(args.str("id").unwrap(), Object::try_from(document)?)?;
        Ok(json!(null))
    })
}

struct Whole {
    world: World,
    /// What moves, each with its validator.
    tables: Vec<(String, Json)>,
}

impl Whole {
    async fn start(is_shared: bool) -> Self {
        let manifest: Manifest = changed(tables);
        let own = Local::user(&manifest).name("alice");
        let own = if is_shared { own.shared() } else { own };
        let world = World::with(manifest, replacing, own).await;
        let plan = world.main.run("byod/moving:plan", json!({})).unwrap();
        let tables = tables_of(&serde_json::from_value::<String>(json!(plan)).unwrap());
        let moving: BTreeSet<&String> = tables.iter().map(|(table, _)| table).collect();
        let users: BTreeSet<&String> = world.manifest.user_tables.iter().collect();
        assert_eq!(moving, users);
        Self { world, tables }
    }

    /// Gives the user so many documents on main, each of which may refer to any: in rings, too.
    fn fill(&self, user: &str, documents: usize) {
        let main = &self.world.main;
        let mut maker = Maker::new(documents, user);
        let counts = shares(documents, &self.tables);
        for ((table, takes), count) in self.tables.iter().zip(counts) {
            for _ in 0..count {
                let document = maker.document(takes);
                maker.know(table, [main.insert(table, document).unwrap()]);
            }
        }
        for (table, takes) in &self.tables {
            for id in maker.known(table).to_vec() {
                let args = json!({"id": id, "document": maker.document(takes)});
                main.run("tests:replace", args).unwrap();
            }
        }
    }

    /// All that they have there, as it is.
    fn all(&self, of: &LocalDeployment, owner: &str) -> Vec<(&str, Object)> {
        let tables = self.tables.iter().flat_map(|(table, _)| {
            let documents = of.documents(table).into_iter();
            documents.map(move |document| (&**table, document))
        });
        tables
            .filter(|(_, document)| document.str("userId") == Some(owner))
            .collect()
    }

    fn digest(&self, of: &LocalDeployment, owner: &str) -> Digest {
        let all = self.all(of, owner).into_iter();
        let documents = all.map(|(table, document)| match json!(document) {
            Json::Object(document) => (table, document),
            other => panic!("{other}"),
        });
        let named = BTreeMap::from([(owner.to_owned(), "the user".to_owned())]);
        Digest::of(documents.collect(), named)
    }
}

async fn in_and_out_and_in(is_shared: bool) {
    let documents = std::env::var("BYOD_DOCUMENTS");
    let documents = documents.map_or(5_000, |count| count.parse().unwrap());
    let whole = Whole::start(is_shared).await;
    let World {
        byod,
        main,
        own,
        alice,
        bob,
        ..
    } = &whole.world;
    whole.fill(alice, documents);
    whole.fill(bob, FEW);
    let hers = whole.digest(main, alice);
    assert_eq!(hers.documents(), documents);
    let mut notes = main.documents("notes").into_iter();
    assert!(notes.any(|note| note.get("createdAt").is_none()));

    // Carol's are on the same deployment, if it is one of several.
    if is_shared {
        let account = json!({
            "subject": "carol", "name": "carol", "email": "carol@example.org",
            "createdAt": 0.0, "updatedAt": 0.0,
        });
        let carol = main.insert("users", account).unwrap();
        whole.fill(&carol, FEW + 1);
        whole
            .world
            .save(&carol, &own.url(), &own.deploy_key())
            .await;
        let moved = byod.move_in(carol, "carol").keep(AT_ONCE).await.unwrap();
        assert_eq!(moved.documents, FEW as u64 + 1);
    }
    let his = whole.all(main, bob);
    let carols = whole.all(own, "carol");
    let as_before = || {
        assert!(whole.all(main, bob) == his, "Bob's are others now");
        assert!(whole.all(own, "carol") == carols, "Carol's are others now");
    };

    for goes_in in [true, false, true] {
        let moving = match goes_in {
            true => byod.move_in(&**alice, "alice"),
            false => byod.move_out(&**alice, "alice"),
        };
        let moved = moving.keep(AT_ONCE).await.unwrap();
        println!("{documents} documents: {:?}", moved.took);
        assert_eq!((moved.documents, moved.kept), (documents as u64, 0));
        assert_eq!((moved.notes, moved.undated), (vec![], vec![]));
        let (on_main, there) = (whole.digest(main, alice), whole.digest(own, "alice"));
        let nothing = Digest::default();
        let expected = match goes_in {
            true => (&nothing, &hers),
            false => (&hers, &nothing),
        };
        assert_eq!((&on_main, &there), expected);
        as_before();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_the_example_goes_to_a_deployment_of_ones_own_and_back() {
    in_and_out_and_in(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_the_example_goes_to_a_deployment_of_several_and_back() {
    in_and_out_and_in(true).await;
}
