//! Exported projects, attacked by a neighbour: calls by a seed over every function,
//! with the ids, texts and cursors of another, and tables that nobody may reach.

mod attack;
mod plan;
mod values;

use std::fs;
use std::path::Path;

use crate::support::Project;
use attack::attack;
use plan::Target;
use serde_json::{Map, Value, json};

/// How many calls are tried on each project; `BYOD_ATTACKS` asks for others.
fn calls() -> usize {
    let asked = std::env::var("BYOD_ATTACKS").ok();
    asked.map_or(1_500, |asked| asked.parse().unwrap())
}

/// The exported projects, as they are where users share a deployment.
fn targets() -> [(Project, &'static str, &'static [&'static str]); 3] {
    let shared = Project::of("shared");
    shared.export(&[]);
    let careless = Project::of("careless");
    careless.export(&[]);
    let example = Project::example();
    example.export_shared();
    [
        (shared, "user/convex", &["labels", "members"]),
        (careless, "user/convex", &["tags"]),
        (example, "byod/convex", &[]),
    ]
}

#[test]
fn exported_projects_let_nothing_through() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let (mut tried, mut refused, mut leaks) = (0, 0, Vec::new());
    for (project, folder, common) in &targets() {
        let convex = project.root.join(folder);
        let target = Target {
            convex: &convex,
            common,
        };
        for seed in [7, 2026] {
            let outcome = attack(&node, &target, seed, calls() / 2);
            tried += outcome.tried;
            refused += outcome.refused;
            leaks.extend(outcome.leaks);
        }
    }
    println!(
        "exported projects attacked: calls tried {tried}, leaks {} (beside {refused} that validators refused)",
        leaks.len()
    );
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    assert!(tried > calls(), "only {tried} calls could be made");
}

/// Where the deployment is Bob's own, Alice gets the same answer to everything.
#[test]
fn a_deployment_of_ones_own_refuses_every_call() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::example();
    let convex = project.root.join("byod/convex");
    let target = Target {
        convex: &convex,
        common: &[],
    };
    let outcome = attack::claimed(&node, &target, 7, calls() / 3);
    println!(
        "exported projects attacked: calls of a second user refused {}, leaks {} (beside {} that validators refused)",
        outcome.tried,
        outcome.leaks.len(),
        outcome.refused
    );
    assert!(outcome.leaks.is_empty(), "{}", outcome.leaks.join("\n"));
    assert!(outcome.tried > calls() / 6);
}

/// What no function saw is no attack.
#[test]
fn calls_that_an_arguments_validator_refuses_are_counted_apart() {
    let Some(node) = crate::support::node() else {
        return;
    };
    let project = Project::of("shared");
    project.export(&[]);
    let call = |path: &str, args: Value| {
        let args = args.as_object().unwrap().clone();
        let named = [("userId".to_owned(), json!("alice"))];
        let args: Map<String, Value> = args.into_iter().chain(named).collect();
        json!({"type": "mutation", "path": path, "args": args})
    };
    let calls = json!([
        call("docs:insertAny", json!({})),
        call("docs:insertAny", json!({"value": 1, "more": 1})),
        // By the schema's, and by that of a function that it runs.
        call("docs:insertAny", json!({"value": {"n": 1}})),
        call("docs:callAny", json!({"args": {}})),
    ]);
    let results = crate::support::run(&node, &project.root.join("user/convex"), &calls);
    let refused: Vec<bool> = results.iter().map(|r| r["refused"] == true).collect();
    assert_eq!(refused, [true, true, false, false], "{results:?}");
    for result in &results {
        let error = result["error"].as_str().unwrap();
        assert!(error.starts_with("Validator error"), "{result}");
    }
}

/// A guard that was left out.
struct Fault {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const FAULTS: [Fault; 11] = [
    // A document by its id.
    Fault {
        file: "database.ts",
        from: "if (doc === null || !(await isMine(db, table, doc, owner))) return null;",
        to: "if (doc === null) return null;",
    },
    // Children of others' parents.
    Fault {
        file: "query.ts",
        from: "if (await isMine(doc)) yield doc;",
        to: "yield doc;",
    },
    // Others' documents in a query.
    Fault {
        file: "query.ts",
        from: "(found, field) => found.filter((q: any) => q.eq(q.field(field), owner)),",
        to: "(found, field) => (field === \"\" ? found.first() : found),",
    },
    // What a page holds.
    Fault {
        file: "query.ts",
        from: "if (await isMine(doc)) page.push(doc)",
        to: "page.push(doc)",
    },
    // Tables that nobody declared.
    Fault {
        file: "tables.ts",
        from: "  if (isTable(table)) return TABLES[table];",
        to: "  if (isTable(table) || table) return TABLES[table] ?? \"everybody's\";",
    },
    Fault {
        file: "database.ts",
        from: "if (isOfSystem(\"_storage\", named)) return",
        to: "if (named.length > 0) return",
    },
    // A vector search.
    Fault {
        file: "vectors.ts",
        from: "own.has(_id)",
        to: "own.has(_id) || true",
    },
    // Writing under another's name, or another's parent.
    Fault {
        file: "database.ts",
        from: "  if (await isMine(db, table, value, owner)) return;",
        to: "  if (await isMine(db, table, value, owner) || owner) return;",
    },
    // Whom the calling code names.
    Fault {
        file: "owner.ts",
        from: "    if (named !== undefined && named !== owner) {",
        to: "    if (named !== undefined) continue;\n    if (named !== undefined && named !== owner) {",
    },
    // What `query` gives at all.
    Fault {
        file: "database.ts",
        from: "query: (table: string) => queryOf(db, table, owner),",
        to: "query: (table: string) => db.query(table as any) as any,",
    },
    // Deleting.
    Fault {
        file: "database.ts",
        from: "const { table, doc } = await findMine(id);\n        await checkChildren",
        to: "const { table, doc } = { table: \"\", doc: { _id: \"\" } };\n        await checkChildren",
    },
];

#[test]
fn every_guard_that_is_left_out_is_found() {
    let Some(node) = crate::support::node() else {
        return;
    };
    for fault in &FAULTS {
        let found = targets().iter().take(2).any(|(project, folder, common)| {
            let convex = project.root.join(folder);
            leave_out(&convex.join("byod").join(fault.file), fault);
            let target = Target {
                convex: &convex,
                common,
            };
            !attack(&node, &target, 7, 700).leaks.is_empty()
        });
        assert!(
            found,
            "nothing leaks with {:?} for {:?}",
            fault.to, fault.from
        );
    }
}

fn leave_out(path: &Path, fault: &Fault) {
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.contains(fault.from),
        "{} has no {}",
        path.display(),
        fault.from
    );
    fs::write(path, text.replace(fault.from, fault.to)).unwrap();
}
