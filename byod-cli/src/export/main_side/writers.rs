//! What of main writes the users' records itself, beside the functions that byod calls.

use std::collections::BTreeSet;

use byod_schema::FunctionPath;

use super::{MODULE, TABLE};
use crate::source::{Module, Origin, Sources, Statement, Target};

/// The functions that byod calls, or a person by their own account: the others of a
/// module are the project's.
const OWN: [&str; 4] = ["createConfig", "disconnect", "resealConfig", "updateConfig"];

const WRITING: [&str; 4] = ["delete", "insert", "patch", "replace"];

/// The functions and helpers of main that write the table of records, in whatever module:
/// nothing there compares a record with what its writer has seen.
pub(crate) fn writes_itself(sources: &Sources) -> Vec<FunctionPath> {
    let mut found = Vec::new();
    // What isn't deployed has a point in its name: `records.test.ts`.
    let deployed = |name: &str| !name.contains('.') && !name.starts_with("_generated/");
    for module in sources.modules.values().filter(|m| deployed(&m.name)) {
        let has_own = module.name == MODULE || module.statement_of("getConfigInternal").is_some();
        for (at, statement) in module.statements.iter().enumerate() {
            let Some(name) = statement.names.first() else {
                continue;
            };
            let is_own = has_own && OWN.contains(&name.as_str());
            if !is_own && writes(sources, module, at) {
                found.push(FunctionPath::new(&module.name, name));
            }
        }
    }
    found
}

fn writes(sources: &Sources, module: &Module, at: usize) -> bool {
    let statement = &module.statements[at];
    let code: String = module.text[statement.code.clone()]
        .split_whitespace()
        .collect();
    let by_name = |method: &&str| {
        let calls = ["\"", "'", "`"].map(|quote| format!(".{method}({quote}{TABLE}{quote}"));
        calls.iter().any(|call| code.contains(call))
    };
    if WRITING.iter().any(by_name) {
        return true;
    }
    let names_it = |origin: &Origin| match base(origin) {
        // An id that is given: the validator or type beside it says of what.
        Origin::Args | Origin::Parameter(_) => code.contains(TABLE),
        _ => is_about(sources, module, at, &mut BTreeSet::new()),
    };
    let written = statement.facts.reached.iter().filter(|reached| {
        let call: String = reached.shown.split_whitespace().collect();
        WRITING
            .iter()
            .any(|method| call.contains(&format!(".{method}(")))
    });
    let mut ids = written.map(|reached| &reached.id);
    // What can't be told of the id is told by what is named beside it.
    ids.any(|id| match table(id) {
        Some(table) => table == TABLE,
        None => names_it(id),
    })
}

/// The table of the document or id, where the text says it.
fn table(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::Id(table) | Origin::Doc(table) | Origin::Query(table) => Some(table),
        Origin::List(of) | Origin::Element(of) | Origin::Document(of) => table(of),
        Origin::Member(of, field) if field == "_id" => table(of),
        _ => None,
    }
}

/// What a part is taken of.
fn base(origin: &Origin) -> &Origin {
    match origin {
        Origin::List(of) | Origin::Element(of) | Origin::Document(of) | Origin::Member(of, _) => {
            base(of)
        }
        other => other,
    }
}

/// Whether the statement names the table, or what it uses of the project does.
fn is_about(
    sources: &Sources,
    module: &Module,
    at: usize,
    seen: &mut BTreeSet<(String, usize)>,
) -> bool {
    if !seen.insert((module.name.clone(), at)) {
        return false;
    }
    let statement: &Statement = &module.statements[at];
    let is_schema = module.name == "schema";
    if !is_schema && statement.facts.texts.contains(TABLE) {
        return true;
    }
    // A builder may look at the table before any function.
    let builder = statement.definition.as_ref().map(|it| it.builder.as_str());
    let used = statement.facts.values.iter().map(String::as_str);
    used.filter(|name| Some(*name) != builder).any(|name| {
        let used = declared(sources, module, name);
        used.is_some_and(|(from, at)| is_about(sources, from, at, seen))
    })
}

/// The statement that declares what is called so there.
fn declared<'s>(
    sources: &'s Sources,
    module: &'s Module,
    name: &str,
) -> Option<(&'s Module, usize)> {
    if let Some(at) = module.statement_of(name) {
        return Some((module, at));
    }
    let (import, imported) = module.import_of(name)?;
    let Target::Module(from) = sources.resolve(&module.name, &import.specifier) else {
        return None;
    };
    let (from, name) = sources.origin(&from, imported.imported.name()?)?;
    let from = sources.modules.get(&from)?;
    Some((from, from.statement_of(&name)?))
}
