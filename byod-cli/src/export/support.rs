//! The modules that every project of users' deployments has: the builders, what they
//! ask, `ping` and the version.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{Deployments, FunctionType, Injection, Manifest};

use crate::layout::{Code, Entry, string};

/// `byod/owner.ts`: the builders, which give functions the owner's documents alone.
///
/// `context` is what main's builders add to `ctx` and carried functions read.
pub(crate) fn owner(
    manifest: &Manifest,
    context: &BTreeSet<Vec<String>>,
    copies: Option<&Copied>,
) -> String {
    let injected = |injection| {
        let all = manifest.inject.iter();
        all.filter(move |(_, i)| **i == injection)
            .map(|(name, _)| name.as_str())
    };
    let subjects: Vec<&str> = injected(Injection::Subject).collect();
    let validators = |names: Vec<&str>, validator: &str| {
        let entries = names
            .into_iter()
            .map(|name| Entry::new(name, Code::text(validator)));
        Code::object(entries)
    };
    let tree = Tree::of(context);
    let mut types = String::new();
    let documents: Vec<(&String, &String)> = tree
        .0
        .iter()
        .filter(|(_, below)| below.is_id())
        .filter_map(|(name, _)| Some((name, copies?.caller.as_ref()?)))
        .collect();
    let document = |name: &String| documents.iter().find(|(of, _)| *of == name);
    for (name, below) in &tree.0 {
        let of = match document(name) {
            Some((_, table)) => format!("Doc<{}>", string(table)),
            None => below.type_text(),
        };
        types.push_str(&format!("  {name}: {of};\n"));
    }
    let value: String = tree
        .0
        .iter()
        .map(|(name, below)| {
            let any = if document(name).is_some() {
                " as any"
            } else {
                ""
            };
            format!(", {name}: {}{any}", below.value_text())
        })
        .collect();
    let subject = subjects.first().copied().unwrap_or_default();
    let owner_ts = include_str!("owner.ts");
    let owner_ts = match injected(Injection::IdempotencyKey).next() {
        Some(name) => with_key(owner_ts, name),
        None => ["/*key import*/", "/*key*/", "/*key args*/", "/*run*/"]
            .iter()
            .fold(owner_ts.to_owned(), |text, mark| text.replace(mark, "")),
    };
    let (import, hold) = match manifest.ownership.deployments {
        Deployments::Own => ("", ""),
        Deployments::Shared => (
            "import { holdStill } from \"./settled\";\n",
            "holdStill();\n      ",
        ),
    };
    let owner_ts = match copies {
        Some(_) => with_copies(&owner_ts, &documents),
        None => owner_ts
            .replace("/*mirror import*/", "")
            .replace("/*doc import*/", ""),
    };
    owner_ts
        .replace("/*hold import*/", import)
        .replace("/*hold*/", hold)
        .replace(
            "{ /*subject args*/ }",
            &validators(subjects.clone(), "v.string()").print(0, "const subject = ".len(), 1),
        )
        .replace(
            "{ /*time args*/ }",
            &validators(injected(Injection::Now).collect(), "v.optional(v.number())").print(
                0,
                "const times = ".len(),
                1,
            ),
        )
        .replace("/*caller type*/", &types)
        .replace("given[/*subject*/]", &member("given", subject))
        .replace("/*caller value*/", &value)
}

/// What there is on users' deployments of main's documents.
pub(crate) struct Copied {
    /// The table of which the caller is a document, if that is one of them.
    pub(crate) caller: Option<String>,
}

/// `byod/owner.ts` where there are copies of main's documents; members of the context that
/// are the caller's own, with its table.
fn with_copies(owner_ts: &str, documents: &[(&String, &String)]) -> String {
    let (names, doc) = match documents {
        [] => ("withCopies, type Copies", ""),
        _ => (
            "themself, withCopies, type Copies",
            "import type { Doc } from \"../_generated/dataModel\";\n",
        ),
    };
    let import = format!("import {{ {names} }} from \"./copies\";\n");
    let caller: String = documents
        .iter()
        .map(|(name, table)| {
            let table = string(table);
            format!("{name}: await themself(ctx.db, {table}, caller.owner),\n        ")
        })
        .collect();
    owner_ts
        .replace("/*mirror import*/", &import)
        .replace("/*doc import*/", doc)
        .replace(
            "db: reader(ctx.db, caller.owner),",
            &format!("{caller}db: withCopies(reader(ctx.db, caller.owner), ctx.db, caller.owner),"),
        )
        .replace(
            "db: writer(ctx.db, caller.owner, order),",
            &format!(
                "{caller}db: withCopies(\n          writer(ctx.db, caller.owner, order),\n          ctx.db,\n          caller.owner,\n        ),"
            ),
        )
        .replace(
            "export type QueryCtx = AnyQueryCtx & Caller;",
            "export type QueryCtx = AnyQueryCtx & { db: Copies } & Caller;",
        )
        .replace(
            "export type MutationCtx = AnyMutationCtx &\n  Caller & {",
            "export type MutationCtx = AnyMutationCtx & { db: Copies } & Caller & {",
        )
}

/// `byod/idempotency.ts`: mutations that run once per key.
pub(crate) const IDEMPOTENCY: &str = include_str!("idempotency.ts");

/// `byod/owner.ts` with mutations that take a key under that name.
fn with_key(owner_ts: &str, name: &str) -> String {
    let declaration = format!(
        "/** What it adds to a mutation that is to run once, however often it is sent. */\n\
         const KEY = {};\n\n\
         const key = {{ [KEY]: v.optional(v.string()) }};\n\n",
        string(name)
    );
    owner_ts
        .replace(
            "/*key import*/",
            "import { once } from \"./idempotency\";\n",
        )
        .replace("/*key*/", &declaration)
        .replace("/*key args*/", "...key, ")
        .replace("/*run*/return await run();", ONCE)
}

/// Instead of running a mutation's handler.
const ONCE: &str = "const own = declared(args, given);
      // An argument of that name may be main's own.
      const chosen = KEY in args ? undefined : given[KEY];
      return await once(ctx.db, caller.owner, chosen, own, run);";

/// `byod/settled.ts`: nothing that modules hold can be changed once a function runs.
pub(crate) const SETTLED: &str = include_str!("settled.ts");

/// `byod/files.ts`: what main's actions do with a user's files.
pub(crate) const FILES: &str = include_str!("files.ts");

/// `byod/search.ts`: what main's actions search in a user's documents.
pub(crate) const SEARCH: &str = include_str!("search.ts");

/// The modules that keep users apart, the same for every project of one mode.
pub(crate) fn guards(deployments: Deployments) -> [(&'static str, &'static str); 5] {
    let claim = match deployments {
        Deployments::Own => include_str!("claim.ts"),
        Deployments::Shared => include_str!("claim_shared.ts"),
    };
    [
        ("byod/claim", claim),
        ("byod/database", include_str!("database.ts")),
        ("byod/order", include_str!("order.ts")),
        ("byod/query", include_str!("query.ts")),
        ("byod/vectors", include_str!("vectors.ts")),
    ]
}

fn member(object: &str, name: &str) -> String {
    if crate::layout::is_identifier(name) {
        format!("{object}.{name}")
    } else {
        format!("{object}[{}]", string(name))
    }
}

/// Paths of members as nested objects; a leaf is the owner.
#[derive(Default)]
struct Tree(BTreeMap<String, Tree>);

impl Tree {
    fn of(paths: &BTreeSet<Vec<String>>) -> Self {
        let mut root = Self::default();
        for path in paths {
            let mut at = &mut root;
            for name in path {
                at = at.0.entry(name.clone()).or_default();
            }
        }
        root
    }

    fn text(&self, leaf: &str, separator: &str) -> String {
        if self.0.is_empty() {
            return leaf.to_owned();
        }
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(name, below)| format!("{name}: {}", below.text(leaf, separator)))
            .collect();
        format!("{{ {} }}", members.join(separator))
    }

    /// Whether it is nothing but an id: of a document, of which that was asked.
    fn is_id(&self) -> bool {
        let mut below = self.0.iter();
        let leaf = below.next();
        leaf.is_some_and(|(name, leaf)| name == "_id" && leaf.0.is_empty())
            && below.next().is_none()
    }

    fn type_text(&self) -> String {
        self.text("string", "; ")
    }

    fn value_text(&self) -> String {
        self.text("owner", ", ")
    }
}

/// The builder of `byod/owner` for functions of the kind.
pub(crate) fn builder(function_type: FunctionType) -> &'static str {
    match function_type {
        FunctionType::Query => "ownerQuery",
        FunctionType::Mutation => "ownerMutation",
        FunctionType::Action => "ownerAction",
    }
}

/// What a stub answers with: the owner, or an object with members that are it.
pub(crate) fn answer(shape: &BTreeSet<Vec<String>>, context: &str) -> String {
    let paths = shape
        .iter()
        .filter(|path| !path.is_empty())
        .cloned()
        .collect();
    Tree::of(&paths).text(&format!("{context}.owner"), ", ")
}

/// `functions.ts`, by which the service learns that the deployment answers.
pub(crate) const FUNCTIONS: &str = r#"// Written by `byod export`.

import { v } from "convex/values";
import { query } from "./_generated/server";
import { SCHEMA_VERSION } from "./byod/version";

/** Whether the deployment answers, and which version it runs. */
export const ping = query({
  args: {},
  returns: v.object({
    status: v.literal("ok"),
    version: v.number(),
    timestamp: v.number(),
  }),
  handler: async () => ({
    status: "ok" as const,
    version: SCHEMA_VERSION,
    timestamp: Date.now(),
  }),
});
"#;

/// `byod/version.ts`
pub(crate) fn version(number: u64) -> String {
    format!(
        "// Written by `byod export`.\n\n\
         /** Goes up by one with every change of the schema or the functions. */\n\
         export const SCHEMA_VERSION = {number};\n"
    )
}

/// The number in a `byod/version.ts`.
pub(crate) fn version_in(text: &str) -> Option<u64> {
    let (_, after) = text.split_once("SCHEMA_VERSION = ")?;
    after.split(';').next()?.trim().parse().ok()
}
