//! How main names its users, and finds the one who calls.

use byod_schema::{Manifest, Table, Validator};

use crate::export::tables::index_by;
use crate::layout::string;

/// How main names its users.
pub(super) enum Users<'a> {
    /// A table, its index and the claim that finds a user in it.
    Table {
        table: &'a str,
        index: &'a str,
        field: &'a str,
        claim: &'static str,
    },
    /// `getAuthUserId` of Convex Auth gives the id.
    ConvexAuth { table: &'a str },
    /// No table: the subject itself.
    Subject,
}

/// The claims that tables of users are found by, and their usual names.
const CLAIMS: [(&str, &[&str]); 2] = [
    (
        "subject",
        &[
            "subject",
            "clerkId",
            "clerkUserId",
            "externalId",
            "authId",
            "authUserId",
            "workosId",
            "userId",
        ],
    ),
    ("tokenIdentifier", &["tokenIdentifier"]),
];

pub(super) fn users<'a>(manifest: &'a Manifest, present: Option<&'a Table>) -> Users<'a> {
    let owner = present
        .and_then(|table| table.document_type.as_object())
        .and_then(|fields| fields.get("userId"));
    let named = match owner.map(|field| &field.field_type) {
        Some(Validator::Id { table_name }) => table_name.as_str(),
        Some(_) => return Users::Subject,
        None => "users",
    };
    let Some(table) = manifest.main.schema.table(named) else {
        return Users::Subject;
    };
    for (claim, names) in CLAIMS {
        for index in &table.indexes {
            if let [field, ..] = index.fields.as_slice()
                && names.contains(&field.as_str())
            {
                return Users::Table {
                    table: &table.table_name,
                    index: &index.index_descriptor,
                    field,
                    claim,
                };
            }
        }
    }
    if manifest.main.schema.table("authAccounts").is_some() {
        return Users::ConvexAuth {
            table: &table.table_name,
        };
    }
    Users::Subject
}

impl Users<'_> {
    /// The tables whose ids say who is signed up.
    pub(super) fn tables(&self) -> Vec<String> {
        self.table().into_iter().map(str::to_owned).collect()
    }

    /// The table that the user's id is of.
    pub(super) fn table(&self) -> Option<&str> {
        match self {
            Self::Table { table, .. } | Self::ConvexAuth { table } => Some(table),
            Self::Subject => None,
        }
    }

    pub(super) fn id(&self) -> String {
        match self {
            Self::Table { table, .. } | Self::ConvexAuth { table } => {
                format!("v.id({})", string(table))
            }
            Self::Subject => "v.string()".to_owned(),
        }
    }

    /// The function that gives the caller's id, or null.
    pub(super) fn caller(&self) -> String {
        match self {
            Self::Table {
                table,
                index,
                field,
                claim,
            } => format!(
                r#"async function callerId(ctx: QueryCtx): Promise<Id<{table}> | null> {{
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) return null;
  const user = await ctx.db
    .query({table})
    {find}
    .unique();
  return user?._id ?? null;
}}
"#,
                table = string(table),
                find = with_index(index, &format!("q.eq({}, identity.{claim})", string(field)))
            ),
            Self::ConvexAuth { table } => format!(
                r#"async function callerId(ctx: QueryCtx): Promise<Id<{}> | null> {{
  return await getAuthUserId(ctx);
}}
"#,
                string(table)
            ),
            Self::Subject => r#"async function callerId(ctx: QueryCtx): Promise<string | null> {
  return (await ctx.auth.getUserIdentity())?.subject ?? null;
}
"#
            .to_owned(),
        }
    }
}

/// A line of a query, broken where it is too long.
pub(super) fn with_index(index: &str, range: &str) -> String {
    let index = string(index);
    let line = format!(".withIndex({index}, (q) => {range})");
    if line.len() + 4 <= 80 {
        line
    } else {
        format!(".withIndex({index}, (q) =>\n      {range},\n    )")
    }
}

/// How a user's record is found in the table, which is there or will be as it is written.
pub(super) fn finding(present: Option<&Table>) -> String {
    let index = match present {
        None => Some("by_user"),
        Some(table) => index_by(table, "userId"),
    };
    match index {
        Some(index) => with_index(index, "q.eq(\"userId\", userId)"),
        None => ".filter((q) => q.eq(q.field(\"userId\"), userId))".to_owned(),
    }
}
