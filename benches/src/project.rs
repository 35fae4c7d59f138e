//! Convex projects of any size, as people write them: a file per table's
//! validators, a schema that brings them together, a module of functions a table.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Fields of every table.
pub(crate) const FIELDS: usize = 10;

/// Functions of every table's module.
pub(crate) const FUNCTIONS: usize = 5;

/// Writes the project of that many tables into `folder`, which is emptied first.
pub(crate) fn write(folder: &Path, tables: usize) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join("tables"))?;
    let mut imports = String::from("import { defineSchema } from \"convex/server\";\n");
    let mut entries = String::new();
    for table in 0..tables {
        let _ = writeln!(
            imports,
            "import {{ table{table} }} from \"./tables/table{table}\";"
        );
        let _ = writeln!(entries, "  table{table},");
        fs::write(
            folder.join(format!("tables/table{table}.ts")),
            validators(table, tables),
        )?;
        fs::write(folder.join(format!("table{table}.ts")), functions(table))?;
    }
    let schema = format!("{imports}\nexport default defineSchema({{\n{entries}}});\n");
    fs::write(folder.join("schema.ts"), schema)
}

fn validators(table: usize, tables: usize) -> String {
    let other = (table + 1) % tables;
    format!(
        r#"import {{ defineTable }} from "convex/server";
import {{ v }} from "convex/values";

export const fields = {{
  parent: v.id("table{other}"),
  title: v.string(),
  note: v.optional(v.string()),
  score: v.number(),
  archived: v.boolean(),
  status: v.union(v.literal("open"), v.literal("closed"), v.literal("lost")),
  tags: v.array(v.string()),
  settings: v.object({{ theme: v.string(), size: v.optional(v.number()) }}),
  counts: v.record(v.string(), v.number()),
  deletedAt: v.union(v.number(), v.null()),
}};

export const table{table} = defineTable(fields).index("by_parent", ["parent", "archived"]);
"#
    )
}

fn functions(table: usize) -> String {
    format!(
        r#"import {{ mutation, query }} from "./_generated/server";
import {{ v }} from "convex/values";
import {{ fields }} from "./tables/table{table}";

const document = v.object({{ ...fields, _id: v.id("table{table}"), _creationTime: v.number() }});

export const list = query({{
  args: {{ archived: v.optional(v.boolean()) }},
  returns: v.array(document),
  handler: async (ctx) => await ctx.db.query("table{table}").collect(),
}});

export const get = query({{
  args: {{ id: v.id("table{table}") }},
  returns: v.union(document, v.null()),
  handler: async (ctx, args) => await ctx.db.get(args.id),
}});

export const create = mutation({{
  args: fields,
  returns: v.id("table{table}"),
  handler: async (ctx, args) => await ctx.db.insert("table{table}", args),
}});

export const rename = mutation({{
  args: {{ id: v.id("table{table}"), title: v.string() }},
  returns: v.null(),
  handler: async (ctx, args) => {{
    await ctx.db.patch(args.id, {{ title: args.title }});
    return null;
  }},
}});

export const remove = mutation({{
  args: {{ id: v.id("table{table}") }},
  returns: v.null(),
  handler: async (ctx, args) => {{
    await ctx.db.delete(args.id);
    return null;
  }},
}});
"#
    )
}
