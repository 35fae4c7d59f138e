//! What would become of documents on the other side.

use std::collections::BTreeSet;

use byod_schema::{Validator, Value};

use super::arguments::{Who, text, texts};
use super::giving::{table_of, theirs};
use super::references::{Becomes, Rewritten, Walk, is_of};
use crate::error::FunctionError;
use crate::functions::{Ctx, Moving};
use crate::values::Object;

/// How many documents are looked at, at most.
const MOST: usize = 500;

/// What is known of where references lead.
struct Surveying<'c, 's> {
    moving: &'c Moving,
    ctx: &'c Ctx<'s>,
    who: &'c Who,
    staying: BTreeSet<String>,
    references: f64,
}

impl Becomes for Surveying<'_, '_> {
    fn id(&mut self, table: &str, id: String) -> Rewritten<String> {
        if self.moving.table(table).is_some() {
            self.references += 1.0;
            let goes = theirs(self.moving, self.ctx, table, &id, self.who).is_some();
            return Ok((goes && !self.staying.contains(&id)).then_some(id));
        }
        // There are no files here.
        if table.starts_with('_') {
            return Ok(None);
        }
        // Of main's other tables main alone knows whose documents are.
        let is_foreign = self.moving.is_users && self.moving.callers.contains(table);
        let is_theirs = self.who.names().contains(&id.as_str());
        Ok((!is_foreign || is_theirs).then_some(id))
    }
}

/// What would become of these documents on the other side; nothing is written.
pub(super) fn survey(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    mut args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let name = text(&args, "table")?;
    let table = table_of(moving, &name)?;
    let there: Option<Validator> = match args.str("takes") {
        None => None,
        Some(takes) => Some(
            serde_json::from_str(takes).map_err(|error| FunctionError::new(error.to_string()))?,
        ),
    };
    let mut surveying = Surveying {
        moving,
        ctx,
        who: &who,
        staying: texts(&mut args, "staying").into_iter().collect(),
        references: 0.0,
    };
    let (mut stays, mut without, mut taken) = (Vec::new(), Vec::new(), 0);
    for id in texts(&mut args, "ids").iter().take(MOST) {
        taken += 1;
        let Some(mut found) = theirs(moving, ctx, &name, id, &who).cloned() else {
            continue;
        };
        for system in ["_id", "_creationTime"] {
            found.remove(system);
        }
        let mut walk = Walk::new(moving, &mut surveying);
        let value = walk.rewritten(&table.takes, found.into(), "")?;
        let lacks = walk.lacks;
        let is_misfit = match (&value, &there) {
            (Some(value), Some(there)) => !is_of(there, value),
            _ => false,
        };
        if value.is_some() && !is_misfit {
            without.extend(lacks.into_iter().map(Value::from));
            continue;
        }
        let reason = match is_misfit {
            true => "the other side's table takes no such document".to_owned(),
            false => format!("it needs {}", lacks.join(", ")),
        };
        let stay = [
            ("old", id.as_str().into()),
            ("reason", reason.into()),
            ("isMisfit", is_misfit.into()),
        ];
        stays.push(Value::from(Object::from(stay)));
    }
    Ok(Object::from([
        ("references", surveying.references.into()),
        ("files", Vec::<Value>::new().into()),
        ("stays", stays.into()),
        ("without", without.into()),
        ("taken", f64::from(taken).into()),
    ])
    .into())
}
