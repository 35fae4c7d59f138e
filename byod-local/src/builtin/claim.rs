//! `byod/claim`, by which a user's deployment says whose it is.

use std::sync::Arc;

use byod_schema::{
    CLAIM_TABLE, Field, Fields, Function, FunctionPath, FunctionType, Validator, Value, Visibility,
    claim_table,
};

use crate::error::FunctionError;
use crate::functions::claim::{Claims, row};
use crate::functions::{Body, Entry, Project};
use crate::values::Object;

const MODULE: &str = "byod/claim";

/// The functions; adds the table to the project where it has none.
pub(crate) fn functions(project: &mut Project, claims: Claims) -> Vec<Entry> {
    if claims == Claims::Missing {
        return Vec::new();
    }
    if project.schema.table(CLAIM_TABLE).is_none() {
        project.schema.tables.push(claim_table());
    }
    use FunctionType::{Mutation, Query};
    let text = |optional| Field {
        optional,
        ..Field::required(Validator::String)
    };
    let both = Fields::from_iter([("subject", text(false)), ("user", text(false))]);
    let either = Fields::from_iter([("subject", text(true)), ("user", text(true))]);
    let functions: [(&str, FunctionType, Fields, Body); 3] = [
        ("claim", Mutation, both, claim()),
        ("state", Query, either.clone(), state()),
        ("release", Mutation, either, release()),
    ];
    functions
        .map(|(name, function_type, args, body)| {
            let path = FunctionPath::new(MODULE, name);
            // What the project declares is of a deployment that keeps claims, or of one
            // that doesn't: their answers differ.
            let declared = project.functions.get(&path).cloned();
            let declared = declared.filter(|_| claims == Claims::Kept);
            Entry {
                keyed: None,
                claimed: None,
                path,
                declared: declared.unwrap_or(Function {
                    function_type,
                    visibility: Visibility::Internal,
                    args: Validator::Object { value: args },
                    returns: None,
                }),
                body: match claims {
                    Claims::Shared => Arc::new(|_, _| Ok("shared".into())),
                    Claims::Kept | Claims::Missing => body,
                },
            }
        })
        .into()
}

fn claim() -> Body {
    Arc::new(|ctx, args| {
        let subject = args.str("subject").unwrap_or_default().to_owned();
        let answer = match row(ctx)? {
            Some(row) if row.str("subject") == Some(&subject) => "already yours",
            Some(_) => "somebody else's",
            None => {
                let user = args.str("user").unwrap_or_default().to_owned();
                let row = [
                    ("subject", Value::from(subject)),
                    ("user", user.into()),
                    ("since", ctx.now().into()),
                ];
                ctx.insert(CLAIM_TABLE, Object::from(row))?;
                "claimed"
            }
        };
        Ok(answer.into())
    })
}

fn state() -> Body {
    Arc::new(|ctx, args| {
        let asked = asked(&args)?;
        Ok(match row(ctx)? {
            None => "unclaimed",
            Some(row) if asked(&row) => "yours",
            Some(_) => "somebody else's",
        }
        .into())
    })
}

fn release() -> Body {
    Arc::new(|ctx, args| {
        let asked = asked(&args)?;
        Ok(match row(ctx)? {
            None => "unclaimed",
            Some(row) if asked(&row) => {
                ctx.delete(row.id().unwrap_or_default())?;
                "released"
            }
            Some(_) => "somebody else's",
        }
        .into())
    })
}

/// Whether a row is of who is asked for: by the subject, or by the user's id.
fn asked(args: &Object) -> Result<impl Fn(&Object) -> bool, FunctionError> {
    let (field, value) = match (args.str("subject"), args.str("user")) {
        (Some(subject), None) => ("subject", subject.to_owned()),
        (None, Some(user)) => ("user", user.to_owned()),
        _ => {
            return Err(FunctionError::new(
                "Give either `subject` or `user`, by which the owner is known",
            ));
        }
    };
    Ok(move |row: &Object| row.str(field) == Some(&value))
}
