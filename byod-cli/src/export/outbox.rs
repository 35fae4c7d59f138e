//! `byod/outbox.ts`: on users' deployments, what functions leave to be done on main; and
//! on main, what does it.

use std::collections::BTreeMap;

use byod_schema::{Deployments, Manifest};
use serde_json::{Map, Value, json};

use super::imports::relative;
use crate::carry::{Given, Leaves};
use crate::layout::{Code, string};
use crate::owners::{self, RECORDS, owner_on_main};
use crate::source::{DEFAULT, Writes};

/// One of main's tables for it.
pub(crate) const APPLIED: &str = "byodApplied";

/// Main's tables that byod writes alone: no function is given an id of theirs.
const OWN_TABLES: [&str; 5] = [RECORDS, APPLIED, "byodHistory", "byodJobs", "byodRefused"];

/// The module, there and on main.
pub(crate) const MODULE: &str = "byod/outbox";

/// Before anything is done there, where functions are told who calls.
const READY: &str = "    // Rows stay where they are until there is one.
    if (!(await canTell()))
      throw new Error(
        \"Main has no BYOD_ENCRYPTION_KEY, so actions can't be told who calls\",
      );
";

/// The module of users' deployments.
pub(crate) fn of_users(manifest: &Manifest) -> String {
    let by_user = match manifest.ownership.deployments {
        Deployments::Own => {
            "const claims = await db.query(\"byodOwner\").take(2);\n  \
             const isTheirs = claims.length === 1 && claims[0]!.user === user;\n  \
             return isTheirs ? claims[0]!.subject : null;"
        }
        Deployments::Shared => {
            "throw new Error(\"Give `subject`: several users share this deployment\");"
        }
    };
    include_str!("outbox.ts").replace("/*by user*/", by_user)
}

/// `byod/owner.ts` with what functions' contexts have for main.
pub(crate) fn with_outbox(owner_ts: &str) -> String {
    let import = "import { cancelled, onMain } from \"./outbox\";\n";
    owner_ts
        .replace("import { meets,", &format!("{import}import {{ meets,"))
        .replace(
            "    /** The service's reading of the clock, one per call. */\n",
            "    /** What is to be done on main: it is, after the call. */\n    \
             onMain: any;\n    \
             /** The service's reading of the clock, one per call. */\n",
        )
        .replace(
            "        time: () => timeOf(given),\n",
            "        onMain: onMain(ctx, caller.owner, order),\n        \
             time: () => timeOf(given),\n",
        )
        .replace(
            "        await scheduler.cancel(id);\n",
            "        await cancelled(ctx as AnyMutationCtx, owner, id);\n        \
             await scheduler.cancel(id);\n",
        )
}

/// The module of main, which does what is left for it.
pub(crate) fn of_main(
    manifest: &Manifest,
    leaves: &Leaves,
    id: &str,
    callers: &[String],
) -> String {
    let schema = &manifest.main.schema;
    let names = callers.iter().cloned().collect();
    let owner =
        |table: &byod_schema::Table| owner_on_main(manifest, table, &names).map(str::to_owned);
    let mut tables: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for ((name, writes), all) in &leaves.writes {
        let Some(table) = schema.table(name) else {
            continue;
        };
        let entry = tables.entry(name).or_insert_with(|| {
            let mut entry = Map::new();
            entry.extend(owner(table).map(|field| ("owner".to_owned(), json!(field))));
            entry.insert("takes".to_owned(), json!(table.document_type));
            entry
        });
        let (what, value) = match writes {
            Writes::Insert => ("insert", written(all)),
            Writes::Patch => ("patch", written(all)),
            Writes::Replace => ("replace", written(all)),
            Writes::Delete => ("delete", json!(true)),
        };
        entry.insert(what.to_owned(), value);
    }
    let calls: Map<String, Value> = leaves
        .calls
        .iter()
        .filter_map(|(path, all)| {
            let function = manifest.main.functions.get(path)?;
            // Of what they have, the ids go back to them.
            let takes = match leaves.routed.contains(path) {
                true => function.args.with_texts_for(&manifest.user_tables),
                false => function.args.clone(),
            };
            let mut call = json!({"takes": takes, "args": written(all)});
            if leaves.routed.contains(path) {
                call["tells"] = json!(true);
            }
            Some((path.to_string(), call))
        })
        .collect();
    let mut imports = String::new();
    let mut helpers = String::from("{");
    for (number, ((module, name), all)) in leaves.helpers.iter().enumerate() {
        let from = string(&relative(MODULE, module));
        let local = format!("helper{number}");
        imports.push_str(&match name.as_str() {
            DEFAULT => format!("import {local} from {from};\n"),
            name => format!("import {{ {name} as {local} }} from {from};\n"),
        });
        let args: Vec<Value> = all.iter().map(|args| written(args)).collect();
        helpers.push_str(&format!(
            "\n  {}: {{ run: {local}, args: {} }},",
            string(&format!("{module}:{name}")),
            Value::from(args)
        ));
    }
    helpers.push_str(if leaves.helpers.is_empty() {
        "}"
    } else {
        "\n}"
    });
    let owners: Map<String, Value> = schema
        .tables
        .iter()
        .filter(|table| !manifest.user_tables.contains(&table.table_name))
        .filter(|table| !OWN_TABLES.contains(&table.table_name.as_str()))
        .filter_map(|table| Some((table.table_name.clone(), json!(owner(table)?))))
        .collect();
    let list = |all: Vec<&str>| Code::strings(all).print(0, 0, 0);
    if !leaves.routed.is_empty() {
        imports.insert_str(0, "import { canTell, telling } from \"./caller\";\n");
    }
    let (ready, telling) = match leaves.routed.is_empty() {
        true => ("", "args"),
        false => (READY, "known_!.tells ? await telling(who, args) : args"),
    };
    let subjects: Vec<&str> = owners::subjects(manifest).collect();
    include_str!("main_side/outbox.ts")
        .replace("/*imports*/\n", &imports_apart(&imports))
        .replace("    /*ready*/\n", ready)
        .replace("/*told*/", telling)
        .replace("/*id*/", id)
        .replace("{/*tables*/}", &object(tables))
        .replace("{/*calls*/}", &object(calls))
        .replace("{/*helpers*/}", &helpers)
        .replace(
            "[/*callers*/]",
            &list(callers.iter().map(String::as_str).collect()),
        )
        .replace("[/*subjects*/]", &list(subjects))
        .replace("{/*owners*/}", &object(owners))
}

/// Main's tables for it.
pub(crate) fn tables_of_main(id: &str) -> String {
    include_str!("main_side/applied.ts").replace("/*id*/", id)
}

fn imports_apart(imports: &str) -> String {
    format!("{imports}\n")
}

/// One line for each member.
fn object<K: AsRef<str>, V: serde::Serialize>(members: impl IntoIterator<Item = (K, V)>) -> String {
    let lines: String = members
        .into_iter()
        .map(|(name, value)| format!("\n  {}: {},", string(name.as_ref()), json!(value)))
        .collect();
    if lines.is_empty() {
        return "{}".to_owned();
    }
    format!("{{{lines}\n}}")
}

fn written(all: &[Given]) -> Value {
    all.iter().map(one).collect()
}

fn one(given: &Given) -> Value {
    match given {
        Given::Is(value) => json!({"is": value}),
        Given::Fields(fields) => {
            let fields: Map<String, Value> = fields
                .iter()
                .map(|(name, of)| (name.clone(), one(of)))
                .collect();
            json!({"fields": fields})
        }
        Given::Items(items) => json!({"items": written(items)}),
        Given::Caller => json!({"caller": true}),
        Given::Any => json!("any"),
    }
}
