//! All that a user of the example app has: every table, with documents that refer to each
//! other in rings, and files. It goes to their deployment, back, and there again, be that
//! deployment theirs alone or several users'.
//!
//! `BYOD_DOCUMENTS` says how many documents, in all. `convex-test` goes through a whole table for each query by an index, so ten
//! times as many take it a hundred times as long: 2,000 take about a minute each way on two cores, 20,000 more than an hour.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use byod_runtime::{Byod, Client, Credentials, DeployKey, EncryptionKey, KeepFor};
use serde_json::{Map, Value, json};

use crate::made::{Digest, Maker, shares, tables_of};
use crate::support::{self, Project};

const KEY: &str = "only for tests";

/// What looks into a deployment, and fills it.
const PEEK: &str = r#"import { convexToJson, jsonToConvex, v } from "convex/values";
import { internalAction, internalMutation, internalQuery } from "./_generated/server";

export const put = internalMutation({
  args: { table: v.string(), texts: v.array(v.string()) },
  handler: async (ctx, { table, texts }) => {
    const ids: string[] = [];
    for (const text of texts)
      ids.push(await (ctx.db as any).insert(table, jsonToConvex(JSON.parse(text))));
    return ids;
  },
});

export const replace = internalMutation({
  args: { ids: v.array(v.string()), texts: v.array(v.string()) },
  handler: async (ctx, { ids, texts }) => {
    for (const [i, id] of ids.entries())
      await (ctx.db as any).replace(id, jsonToConvex(JSON.parse(texts[i]!)));
    return null;
  },
});

export const all = internalQuery({
  args: { table: v.string() },
  handler: async (ctx, { table }) => {
    const db: any = ctx.db;
    const docs = await (table === "_storage" ? db.system : db).query(table).collect();
    return docs.map((doc: any) => JSON.stringify(convexToJson(doc)));
  },
});

export const store = internalAction({
  args: { text: v.string() },
  handler: async (ctx, { text }) => await ctx.storage.store(new Blob([text])),
});
"#;

struct World {
    byod: Byod,
    main: Deployed,
    theirs: Deployed,
    /// What moves, in its order: of each table, its validator.
    tables: Vec<(String, Value)>,
    _node: Child,
}

struct Deployed {
    url: String,
    key: String,
}

impl Deployed {
    fn admin(&self) -> Client {
        let key = DeployKey::from(&*self.key);
        Client::new(&self.url).unwrap().with_deploy_key(&key)
    }

    async fn all(&self, table: &str) -> Vec<Map<String, Value>> {
        let args = json!({"table": table});
        let texts: Vec<String> = self.admin().query("peek:all", &args).await.unwrap();
        let read = |text: &String| serde_json::from_str(text).unwrap();
        texts.iter().map(read).collect()
    }
}

/// Somebody with an account.
struct User {
    id: String,
    subject: &'static str,
}

impl World {
    fn start(is_shared: bool) -> Option<(Self, Node)> {
        let folder = support::installed("../tests/node")?;
        let project = exported(is_shared);
        let mut node = Node::start(&folder);
        let main = node.deploy(&project.root.join("convex"), "main");
        let theirs = node.deploy(&project.root.join("byod/convex"), "theirs");
        let byod = Byod::builder()
            .main_url(&*main.url)
            .deploy_key(&*main.key)
            .encryption_key(EncryptionKey::parse(KEY).unwrap())
            .cache_ttl(Duration::from_secs(1))
            .timeout(Duration::from_secs(10))
            .development(true)
            .build()
            .unwrap();
        let child = node.child.take().unwrap();
        let world = Self {
            byod,
            main,
            theirs,
            tables: Vec::new(),
            _node: child,
        };
        Some((world, node))
    }

    /// Somebody who has that many documents in all.
    async fn user(&self, subject: &'static str, documents: usize) -> User {
        let user = json!({
            "subject": subject, "email": subject, "name": subject, "createdAt": 1, "updatedAt": 1,
        });
        let args = json!({"table": "users", "texts": [user.to_string()]});
        let ids: Vec<String> = self.main.admin().mutation("peek:put", &args).await.unwrap();
        let id = ids.into_iter().next().unwrap();
        let mut maker = Maker::new(documents, &id);
        for number in 0..5 {
            let text = format!("file {number} of {subject}");
            let args = json!({"text": text});
            let file: String = self.main.admin().action("peek:store", &args).await.unwrap();
            maker.know("_storage", [file]);
        }
        let counts = shares(documents, &self.tables);
        for ((table, takes), count) in self.tables.iter().zip(counts) {
            let made: Vec<String> = (0..count)
                .map(|_| maker.document(takes).to_string())
                .collect();
            for texts in made.chunks(500) {
                let args = json!({"table": table, "texts": texts});
                let put = self.main.admin().mutation("peek:put", &args).await;
                let ids: Vec<String> = put.unwrap_or_else(|error| panic!("{table}: {error}"));
                maker.know(table, ids);
            }
        }
        // Now that all are there, each may refer to any: in rings, too.
        for (table, takes) in &self.tables {
            for ids in maker.known(table).to_vec().chunks(500) {
                let texts: Vec<String> = ids
                    .iter()
                    .map(|_| maker.document(takes).to_string())
                    .collect();
                let args = json!({"ids": ids, "texts": texts});
                let replaced = self.main.admin().mutation("peek:replace", &args).await;
                let _: Option<()> = replaced.unwrap();
            }
        }
        User { id, subject }
    }

    async fn of(&self, user: &User) -> Digest {
        self.digest(&self.main, &user.id).await
    }

    async fn there(&self, user: &User) -> Digest {
        self.digest(&self.theirs, user.subject).await
    }

    async fn digest(&self, of: &Deployed, owner: &str) -> Digest {
        let mut named = BTreeMap::from([(owner.to_owned(), "the user".to_owned())]);
        for file in of.all("_storage").await {
            let id = file["_id"].as_str().unwrap().to_owned();
            named.insert(id, file["sha256"].to_string());
        }
        let mut all = Vec::new();
        for (table, _) in &self.tables {
            let mut documents = of.all(table).await;
            documents.retain(|document| document.get("userId").is_none_or(|user| user == owner));
            all.extend(documents.into_iter().map(|document| (&**table, document)));
        }
        Digest::of(all, named)
    }
}

/// The example app as it is where its users' data moves, with files that documents name.
fn exported(is_shared: bool) -> Project {
    let project = Project::example();
    let config = project.read("byod.toml");
    project.write("byod.toml", &format!("{config}\n[user.move]\n"));
    project.replace(
        "convex/schema/knowledge.ts",
        "    storageKey: v.string(),\n",
        "    storageKey: v.string(),\n    storageId: v.optional(v.id(\"_storage\")),\n",
    );
    let run = |args: &[&str]| {
        let answer = project.byod(args);
        let said = format!("{}{}", answer.stdout, answer.stderr);
        assert!(answer.status < 2, "{said}");
    };
    run(&["export", "--main"]);
    project.replace(
        "convex/schema.ts",
        "export default defineSchema({\n",
        "import { byodMoveTables } from \"./byod/moved\";\n\nexport default defineSchema({\n  ...byodMoveTables,\n",
    );
    run(&["export", "--main"]);
    match is_shared {
        true => {
            project.export_shared();
        }
        false => run(&["export"]),
    }
    project.write("convex/peek.ts", PEEK);
    project.write("byod/convex/peek.ts", PEEK);
    project
}

struct Node {
    child: Option<Child>,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Node {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new("node")
            .arg("serve.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            commands: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child: Some(child),
        }
    }

    fn deploy(&mut self, project: &Path, name: &str) -> Deployed {
        let key = format!("prod:{name}|only-for-tests-{name}");
        let start = json!({"project": project, "name": name, "deployKey": key});
        writeln!(self.commands, "{}", json!({"start": start})).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["error"], Value::Null, "{line}");
        let url = format!("http://127.0.0.1:{}", answer["port"]);
        Deployed { url, key }
    }
}

async fn in_and_out_and_in(is_shared: bool) {
    let documents = std::env::var("BYOD_DOCUMENTS");
    let documents = documents.map_or(600, |count| count.parse().unwrap());
    // The process ends with its standard input.
    let Some((mut world, _node)) = World::start(is_shared) else {
        return;
    };
    let plan: String = world
        .main
        .admin()
        .query("byod/moving:plan", &json!({}))
        .await
        .unwrap();
    world.tables = tables_of(&plan);
    assert!(world.tables.len() > 20);

    let alice = world.user("alice", documents).await;
    let bob = world.user("bob", 120).await;
    let (hers, his) = (world.of(&alice).await, world.of(&bob).await);
    assert_eq!(hers.documents(), documents);
    let credentials = Credentials::new(&*world.theirs.url, &*world.theirs.key);
    let at_once = KeepFor::Time(Duration::ZERO);
    if is_shared {
        let connect = world.byod.connect(&*bob.id, bob.subject, &credentials);
        let brought = connect.bring_data().keep(at_once).await.unwrap();
        assert_eq!(brought.moved.unwrap().kept, 0);
        assert_eq!(world.there(&bob).await, his);
    }
    let untouched = async || match is_shared {
        true => assert_eq!(world.there(&bob).await, his),
        false => assert_eq!(world.of(&bob).await, his),
    };
    let connect = world.byod.connect(&*alice.id, alice.subject, &credentials);
    let brought = connect.bring_data().keep(at_once).await.unwrap();
    let moved = brought.moved.unwrap();
    assert_eq!((moved.documents, moved.kept), (documents as u64, 0));
    println!("{moved:?}");
    assert_eq!(world.there(&alice).await, hers);
    assert_eq!(world.of(&alice).await, Digest::default());
    untouched().await;

    let moved = world.byod.move_out(&*alice.id, alice.subject).keep(at_once);
    let moved = moved.await.unwrap();
    assert_eq!((moved.documents, moved.kept), (documents as u64, 0));
    assert_eq!(world.of(&alice).await, hers);
    assert_eq!(world.there(&alice).await, Digest::default());
    untouched().await;

    let moved = world.byod.move_in(&*alice.id, alice.subject).keep(at_once);
    let moved = moved.await.unwrap();
    assert_eq!((moved.documents, moved.kept), (documents as u64, 0));
    assert_eq!(world.there(&alice).await, hers);
    assert_eq!(world.of(&alice).await, Digest::default());
    untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_the_example_goes_to_a_deployment_of_ones_own_and_back() {
    in_and_out_and_in(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_the_example_goes_to_a_deployment_of_several_and_back() {
    in_and_out_and_in(true).await;
}
