//! All that a user of the example app has: every table, with documents that refer to each
//! other in rings, and files. It goes to their deployment, back, and there again, be that
//! deployment theirs alone or several users'.
//!
//! `BYOD_DOCUMENTS` says how many documents, in all. `convex-test` goes through a whole table for each query by an index, so ten
//! times as many take it a hundred times as long: 2,000 take about a minute each way on two cores, 20,000 more than an hour.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use byod_runtime::{Byod, Client, Credentials, DeployKey, EncryptionKey, KeepFor};
use serde_json::{Map, Value, json};

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
        let mut maker = Maker {
            random: documents as u64 + 1,
            user: id.clone(),
            ids: BTreeMap::new(),
        };
        for number in 0..5 {
            let text = format!("file {number} of {subject}");
            let args = json!({"text": text});
            let file = self.main.admin().action("peek:store", &args).await.unwrap();
            maker
                .ids
                .entry("_storage".to_owned())
                .or_default()
                .push(file);
        }
        // One table has most, as messages do.
        let (few, many) = (documents * 4 / 10 / self.tables.len(), documents * 6 / 10);
        let count = |at: usize| few + if at == 3 { many } else { 0 };
        for (at, (table, takes)) in self.tables.iter().enumerate() {
            let made: Vec<String> = (0..count(at))
                .map(|_| maker.document(takes).to_string())
                .collect();
            for texts in made.chunks(500) {
                let args = json!({"table": table, "texts": texts});
                let put = self.main.admin().mutation("peek:put", &args).await;
                let ids: Vec<String> = put.unwrap_or_else(|error| panic!("{table}: {error}"));
                maker.ids.entry(table.clone()).or_default().extend(ids);
            }
        }
        // Now that all are there, each may refer to any: in rings, too.
        for (table, takes) in &self.tables {
            let ids = maker.ids.get(table).cloned().unwrap_or_default();
            for ids in ids.chunks(500) {
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

    async fn of(&self, user: &User) -> Vec<u64> {
        self.digest(&self.main, &user.id).await
    }

    async fn there(&self, user: &User) -> Vec<u64> {
        self.digest(&self.theirs, user.subject).await
    }

    /// What tells all that the owner has there, whatever ids documents have.
    async fn digest(&self, of: &Deployed, owner: &str) -> Vec<u64> {
        let mut names: BTreeMap<String, u64> = BTreeMap::new();
        for file in of.all("_storage").await {
            let id = file["_id"].as_str().unwrap().to_owned();
            names.insert(id, hash(&file["sha256"].to_string()));
        }
        names.insert(owner.to_owned(), 0);
        let mut all = Vec::new();
        for (table, _) in &self.tables {
            for mut doc in of.all(table).await {
                doc.remove("_creationTime");
                let Value::String(id) = doc.remove("_id").unwrap() else {
                    panic!("it has no id");
                };
                if doc.get("userId").is_none_or(|user| user == owner) {
                    names.insert(id.clone(), hash(table));
                    all.push((id, table, Value::Object(doc)));
                }
            }
        }
        // Of each, then with what it refers to, and so on.
        for _ in 0..4 {
            let next = all
                .iter()
                .map(|(id, table, doc)| (id.clone(), hash(&(table, named(doc, &names)))));
            let next: Vec<(String, u64)> = next.collect();
            names.extend(next);
        }
        let mut digest: Vec<u64> = all.iter().map(|(id, ..)| names[id]).collect();
        digest.sort_unstable();
        digest
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The document as a text, with names in the place of ids.
fn named(value: &Value, names: &BTreeMap<String, u64>) -> String {
    match value {
        Value::String(text) => match names.get(text) {
            Some(name) => format!("<{name}>"),
            None => value.to_string(),
        },
        Value::Array(items) => items.iter().map(|item| named(item, names) + ",").collect(),
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| {
                    let name = names.get(name).map_or(name.clone(), |n| format!("<{n}>"));
                    format!("{name}:{};", named(value, names))
                })
                .collect();
            fields.sort();
            format!("{{{}}}", fields.concat())
        }
        other => other.to_string(),
    }
}

/// Makes documents as validators say.
struct Maker {
    random: u64,
    user: String,
    ids: BTreeMap<String, Vec<String>>,
}

impl Maker {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's MMIX.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % end
    }

    fn document(&mut self, takes: &Value) -> Value {
        self.value(takes)
            .expect("the table comes after what it needs")
    }

    /// Nothing where it needs what isn't there yet.
    fn value(&mut self, of: &Value) -> Option<Value> {
        Some(match of["type"].as_str().unwrap() {
            "id" => match of["tableName"].as_str().unwrap() {
                "users" => json!(self.user),
                table => {
                    let ids = self.ids.get(table).filter(|ids| !ids.is_empty())?.clone();
                    json!(ids[self.below(ids.len())])
                }
            },
            "string" => json!(format!("text {}", self.below(1000))),
            "number" => json!(self.below(1000)),
            "bigint" => json!({"$integer": "AQAAAAAAAIA="}),
            "boolean" => json!(self.below(2) == 0),
            "bytes" => json!({"$bytes": "AAECAw=="}),
            "null" => Value::Null,
            "any" => json!({"deep": [self.below(10), null, "text"]}),
            "literal" => of["value"].clone(),
            "array" => {
                let count = self.below(4);
                (0..count)
                    .filter_map(|_| self.value(&of["value"]))
                    .collect()
            }
            "record" => {
                let (keys, values) = (&of["keys"], &of["values"]["fieldType"]);
                let count = self.below(3);
                let entries = (0..count).filter_map(|at| {
                    let key = match keys["type"].as_str()? {
                        "string" => format!("key{at}"),
                        _ => self.value(keys)?.as_str()?.to_owned(),
                    };
                    Some((key, self.value(values)?))
                });
                Value::Object(entries.collect())
            }
            "union" => {
                let members = of["value"].as_array().unwrap();
                let from = self.below(members.len());
                let mut turned = members.iter().cycle().skip(from).take(members.len());
                turned.find_map(|member| self.value(member))?
            }
            "object" => {
                let mut object = Map::new();
                for (name, field) in of["value"].as_object().unwrap() {
                    let is_optional = field["optional"] == true;
                    if is_optional && self.below(4) == 0 {
                        continue;
                    }
                    match self.value(&field["fieldType"]) {
                        Some(value) => object.insert(name.clone(), value),
                        None if is_optional => continue,
                        None => return None,
                    };
                }
                Value::Object(object)
            }
            other => panic!("`{other}`"),
        })
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
    let plan: Map<String, Value> = serde_json::from_str(&plan).unwrap();
    // A map has lost their order: those first that others need.
    let mut left: Vec<(String, Value)> = plan
        .into_iter()
        .map(|(table, of)| (table, of["takes"].clone()))
        .collect();
    while !left.is_empty() {
        let names: Vec<String> = left.iter().map(|(name, _)| name.clone()).collect();
        let first = left.iter().position(|(own, takes)| {
            let mut needed = Vec::new();
            needs(takes, &mut needed);
            !needed
                .iter()
                .any(|need| need != own && names.contains(need))
        });
        world.tables.push(left.remove(first.unwrap()));
    }
    assert!(world.tables.len() > 20);

    let alice = world.user("alice", documents).await;
    let bob = world.user("bob", 120).await;
    let (hers, his) = (world.of(&alice).await, world.of(&bob).await);
    assert!(hers.len() * 10 > documents * 8, "{}", hers.len());
    let credentials = Credentials::new(&*world.theirs.url, &*world.theirs.key);
    let at_once = KeepFor::Time(Duration::ZERO);
    let mut bob_is = Vec::new();
    if is_shared {
        let connect = world.byod.connect(&*bob.id, bob.subject, &credentials);
        let brought = connect.bring_data().keep(at_once).await.unwrap();
        assert_eq!(brought.moved.unwrap().kept, 0);
        assert_eq!(world.there(&bob).await, his);
        bob_is = his.clone();
    }
    let untouched = async || match is_shared {
        true => assert_eq!(world.there(&bob).await, bob_is),
        false => assert_eq!(world.of(&bob).await, his),
    };
    let connect = world.byod.connect(&*alice.id, alice.subject, &credentials);
    let brought = connect.bring_data().keep(at_once).await.unwrap();
    let moved = brought.moved.unwrap();
    assert_eq!((moved.documents, moved.kept), (hers.len() as u64, 0));
    println!("{moved:?}");
    assert_eq!(world.there(&alice).await, hers);
    assert_eq!(world.of(&alice).await, [0; 0]);
    untouched().await;

    let moved = world.byod.move_out(&*alice.id, alice.subject).keep(at_once);
    let moved = moved.await.unwrap();
    assert_eq!((moved.documents, moved.kept), (hers.len() as u64, 0));
    assert_eq!(world.of(&alice).await, hers);
    assert_eq!(world.there(&alice).await, [0; 0]);
    untouched().await;

    let moved = world.byod.move_in(&*alice.id, alice.subject).keep(at_once);
    let moved = moved.await.unwrap();
    assert_eq!((moved.documents, moved.kept), (hers.len() as u64, 0));
    assert_eq!(world.there(&alice).await, hers);
    assert_eq!(world.of(&alice).await, [0; 0]);
    untouched().await;
}

/// The tables without whose ids no document can be.
fn needs(of: &Value, found: &mut Vec<String>) {
    match of["type"].as_str().unwrap() {
        "id" => found.push(of["tableName"].as_str().unwrap().to_owned()),
        "object" => {
            let fields = of["value"].as_object().unwrap().values();
            for field in fields.filter(|field| field["optional"] != true) {
                needs(&field["fieldType"], found);
            }
        }
        "union" => {
            let members = of["value"].as_array().unwrap();
            members.iter().for_each(|member| needs(member, found));
        }
        _ => {}
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
